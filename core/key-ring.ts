import { generateKey } from './generate-key.ts'
import { beginAnew } from './model/begin-keys-anew.ts'
import type { DeployedKeys } from './model/deployed-keys.ts'
import {
  addKey,
  type Dropping,
  dropKey,
  findKey,
  type KeyState,
  keyState,
  noKeys,
  signWith,
  urlsEndOf,
} from './model/keys-plan.ts'
import {
  formatSigningKeys,
  parseSigningKeys,
  type SigningKey,
  type SigningKeys,
  signingKeyOf,
} from './model/signing-keys.ts'
import type { Secret, SecretValue } from './ports.ts'

/** The signing keys of one database, as their administrator handles them. No private key leaves this file but into the secret. */
export interface KeyRing {
  readonly database: string
  readonly secret: Secret
  /** Of the URLs, in milliseconds. */
  readonly lifetime: number
  readonly now: () => number
}

/** What may be told of a key; times in milliseconds since 1970. */
export interface KeyFacts {
  readonly name: string
  readonly type: SigningKey['type']
  readonly state: KeyState
  /** As the configuration has it. */
  readonly publicKey: string
  readonly createdAt: number
  readonly keyPairId?: string
  readonly replacedAt?: number
  /** Of a replaced key: until when its URLs may live. */
  readonly urlsUntil?: number
}

/** In the order in which they were made. */
export async function listKeys(ring: KeyRing): Promise<KeyFacts[]> {
  const { keys } = await readKeys(ring)
  return factsOf(ring, keys)
}

/** All keys there are then, and the new one last; `anew` in place of a document that cannot be read. */
export async function createKey(
  ring: KeyRing,
  { type, anew = false }: { type: SigningKey['type']; anew?: boolean },
): Promise<KeyFacts[]> {
  const key = await generateKey(type, ring.now())
  const begun = anew ? await readSpoilt(ring) : await readKeys(ring)
  return await writeKeys(ring, addKey(begun.keys, key), begun)
}

/** `idBefore` by which the signing key was known, where it only takes another id. */
export async function rotateKeys(
  ring: KeyRing,
  deployed: DeployedKeys,
  { again = false }: { again?: boolean } = {},
): Promise<{ keys: KeyFacts[]; idBefore?: string }> {
  const before = await readKeys(ring)
  const { lifetime, now } = ring
  const after = signWith(before.keys, deployed, { lifetime, now: now(), again })
  const old = signingKeyOf(before.keys)
  const keys = await writeKeys(ring, after, before)
  return { keys, ...(old && old.name === after.signing && { idBefore: old.keyPairId }) }
}

/** What is forgotten, and what is left. */
export async function retireKey(
  ring: KeyRing,
  { name, leaked }: Pick<Dropping, 'name' | 'leaked'>,
): Promise<{ retired: KeyFacts; left: KeyFacts[] }> {
  const before = await readKeys(ring)
  const { lifetime, now } = ring
  const after = dropKey(before.keys, { name, leaked, lifetime, now: now() })
  const retired = factOf(ring, before.keys, findKey(before.keys, name))
  return { retired, left: await writeKeys(ring, after, before) }
}

/** What is there, and of which version: whoever writes afterwards replaces this one and no other. */
type ReadKeys = Pick<SecretValue, 'version'> & { readonly keys: SigningKeys }

async function readKeys({ database, secret }: KeyRing): Promise<ReadKeys> {
  const { text, version } = await secret.read()
  return { keys: text === undefined ? noKeys(database) : parseSigningKeys(text, database), version }
}

async function readSpoilt({ database, secret }: KeyRing): Promise<ReadKeys> {
  const { text, version } = await secret.read()
  return { keys: beginAnew(text, database), version }
}

async function writeKeys(
  ring: KeyRing,
  keys: SigningKeys,
  { version }: Pick<ReadKeys, 'version'>,
): Promise<KeyFacts[]> {
  await ring.secret.write(formatSigningKeys(keys), version)
  return factsOf(ring, keys)
}

function factsOf(ring: KeyRing, keys: SigningKeys): KeyFacts[] {
  return keys.keys.map(key => factOf(ring, keys, key))
}

/** Field by field, so that none is told that nobody thought of. */
function factOf({ lifetime }: KeyRing, keys: SigningKeys, key: SigningKey): KeyFacts {
  const { name, type, publicKey, createdAt, keyPairId, replacedAt } = key
  const urlsUntil = urlsEndOf(key, lifetime)
  return {
    ...{ name, type, state: keyState(keys, key), publicKey, createdAt },
    ...(keyPairId !== undefined && { keyPairId }),
    ...(replacedAt !== undefined && { replacedAt }),
    ...(urlsUntil !== undefined && { urlsUntil }),
  }
}
