import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import type { Secret } from '../../core/ports.ts'

export type MemorySecret = Secret & {
  /** Every call fails with it, until it is taken back. */
  failWith(error: Error | undefined): void
}

/** A secret in memory, empty, or one that is not there: the oracle for every other one. */
export function createMemorySecret(present = true): MemorySecret {
  let text: string | undefined
  let versions = 0
  const version = () => (versions === 0 ? undefined : String(versions))
  let failure: Error | undefined
  const work = () => {
    if (failure) throw failure
    if (present) return
    throw new BlobUnavailable('SECRET_MISSING', 'there is no such secret', {
      subject: 'secret',
      hint: 'none',
    })
  }
  return {
    failWith(error) {
      failure = error
    },
    async read() {
      work()
      return { text, version: version() }
    },
    async write(next, replacing) {
      work()
      if (replacing !== version())
        throw new NiceBlobsError('SECRET_CHANGED', 'somebody else changed the keys meanwhile', {
          subject: 'secret',
          hint: 'none',
        })
      text = next
      versions += 1
    },
  }
}
