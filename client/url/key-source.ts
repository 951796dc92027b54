import type { UrlKey } from '../../core/aws/sign-url.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import {
  NOTICED_WITHIN,
  parseSigningKeys,
  REREAD_EVERY,
  signingKeyOf,
} from '../../core/model/signing-keys.ts'
import type { Secret } from '../../core/ports.ts'

/** After a failure the secret is read again sooner. Milliseconds. */
const RETRY = 30_000
/** Whoever has asked for nothing that long, or cannot tell since the clock was set back, waits for the answer: the key may be retired by now. */
const IDLE = NOTICED_WITHIN

/** The key that signs. It is read again in the background; as long as it cannot be, the one that is known goes on signing. */
export interface KeySource {
  current(): Promise<UrlKey>
  /** Without waiting; undefined when `current` has to be waited for. */
  known(): UrlKey | undefined
}

export interface KeySourceParts {
  database: string
  secret: Pick<Secret, 'read'>
  /** Told of an outage of the secret that a known key has got around. */
  tell(trouble: unknown): void
  now(): number
}

export function createKeySource({ database, secret, tell, now }: KeySourceParts): KeySource {
  let key: UrlKey | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let wait = REREAD_EVERY
  let underWay: Promise<void> | undefined

  async function read(): Promise<void> {
    try {
      key = requireKey((await secret.read()).text, database)
      wait = REREAD_EVERY
    } catch (error) {
      wait = RETRY
      if (!key) throw error
      tell(error)
    }
  }

  function ask(): Promise<void> {
    askedAt = now()
    underWay ??= read().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  function known(): UrlKey | undefined {
    if (!key) return undefined
    const age = now() - askedAt
    if (age >= IDLE || age < 0) return undefined
    if (age >= wait) ask().catch(tell)
    return key
  }

  return {
    known,
    async current() {
      const present = known()
      if (present) return present
      await ask()
      return key ?? keyless(database)
    },
  }
}

function requireKey(text: string | undefined, database: string): UrlKey {
  const keys = text === undefined ? undefined : parseSigningKeys(text, database)
  return (keys && signingKeyOf(keys)) ?? keyless(database)
}

function keyless(database: string): never {
  throw new NiceBlobsError('SIGNING_KEY_MISSING', 'no key signs URLs yet', {
    subject: database,
    hint: `make one with \`nice-blobs keys create\`, deploy it, and let it sign with \`nice-blobs keys rotate\``,
  })
}
