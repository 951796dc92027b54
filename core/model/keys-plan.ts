import type { DeployedKeys } from './deployed-keys.ts'
import { NiceBlobsError } from './errors.ts'
import { formatMoment } from './moment.ts'
import { MINUTE } from './quantity.ts'
import { NOTICED_WITHIN, type SigningKey, type SigningKeys, signingKeyOf } from './signing-keys.ts'

/**
 * What becomes of a database's signing keys, step by step: a key is made and waits, signs, is replaced, and is dropped. Every
 * function answers the document that follows, or refuses with an error and changes nothing.
 */

/** A distribution trusts as many: one key signs, and the next one waits or the last one's URLs run out. */
const MOST_KEYS = 2
/** How far clocks of hosts and of the edge may be apart. */
const MARGIN = 5 * MINUTE

export type KeyState = 'signing' | 'waiting' | 'replaced'

export function noKeys(database: string): SigningKeys {
  return { formatVersion: 1, database, keys: [] }
}

export function keyState({ signing }: SigningKeys, { name, replacedAt }: SigningKey): KeyState {
  if (name === signing) return 'signing'
  return replacedAt === undefined ? 'waiting' : 'replaced'
}

/** When the last URL of a replaced key ends, in milliseconds since 1970; undefined for a key that was not replaced. */
export function urlsEndOf({ replacedAt, urlsUntil }: SigningKey, lifetime: number): number | undefined {
  return urlsUntil ?? (replacedAt === undefined ? undefined : endOf(replacedAt, lifetime))
}

function endOf(replacedAt: number, lifetime: number): number {
  return replacedAt + NOTICED_WITHIN + lifetime + MARGIN
}

/** A key that waits until it is told to sign. */
export function addKey(keys: SigningKeys, key: SigningKey): SigningKeys {
  if (keys.keys.length < MOST_KEYS) return { ...keys, keys: [...keys.keys, key] }
  const replaced = keys.keys.find(each => keyState(keys, each) === 'replaced')
  const hint = replaced
    ? `retire the replaced one first: nice-blobs keys retire ${replaced.name}`
    : 'one more has no place; nice-blobs keys list tells what each of them does'
  throw refuse(keys, 'SIGNING_KEY_LIVE', `there are ${MOST_KEYS} keys already`, hint)
}

interface Signing {
  /** Of the URLs, in milliseconds. */
  lifetime: number
  now: number
  /** Although another one has begun only now: that one has leaked. */
  again?: boolean
}

/** The oldest key that waits signs from now on, if it is deployed. Without one, the signing key takes the id that it has now. */
export function signWith(keys: SigningKeys, deployed: DeployedKeys, signing: Signing): SigningKeys {
  const waiting = keys.keys.filter(key => keyState(keys, key) === 'waiting')
  const next = waiting.find(({ name }) => Object.hasOwn(deployed, name)) ?? renamedKey(keys, deployed)
  if (!next) throw waiting[0] ? notDeployed(keys, waiting[0]) : nothingWaits(keys)
  const renamed = next.name === keys.signing
  if (!renamed) requireSettled(keys, signing)
  const { now, lifetime } = signing
  const keyPairId = deployed[next.name]
  return {
    ...keys,
    signing: next.name,
    keys: keys.keys.map(key => {
      if (key.name === next.name) return { ...key, keyPairId, ...(!renamed && { signingSince: now }) }
      return key.name === keys.signing ? { ...key, replacedAt: now, urlsUntil: endOf(now, lifetime) } : key
    }),
  }
}

/** Who repeats a rotation, because nobody heard its answer, means the same one. */
function requireSettled(keys: SigningKeys, { now, again }: Signing): void {
  const { name, signingSince } = signingKeyOf(keys) ?? {}
  if (again || signingSince === undefined || now >= signingSince + NOTICED_WITHIN) return
  throw refuse(
    keys,
    'SIGNING_KEY_LIVE',
    `${name} began to sign only now, and is known everywhere at ${formatMoment(signingSince + NOTICED_WITHIN)}`,
    'that rotation is done; another one then, or at once with --again, if this key has leaked',
  )
}

export interface Dropping {
  /** The replaced key, unless said otherwise. */
  name?: string | undefined
  /** Of the URLs, in milliseconds. */
  lifetime: number
  now: number
  /** Whatever becomes of its URLs. */
  leaked: boolean
}

export function dropKey(keys: SigningKeys, dropping: Dropping): SigningKeys {
  const key = findKey(keys, dropping.name)
  const end = urlsEndOf(key, dropping.lifetime)
  if (keyState(keys, key) === 'signing')
    throw refuse(
      keys,
      'SIGNING_KEY_LIVE',
      `${key.name} signs`,
      'let another one sign first: nice-blobs keys rotate',
    )
  if (end !== undefined && dropping.now < end && !dropping.leaked)
    throw refuse(
      keys,
      'SIGNING_KEY_LIVE',
      `URLs of ${key.name} live until ${formatMoment(end)}`,
      'retire it then; or at once with --leaked',
    )
  return { ...keys, keys: keys.keys.filter(({ name }) => name !== key.name) }
}

export function findKey(keys: SigningKeys, name: string | undefined): SigningKey {
  const found = keys.keys.find(key =>
    name === undefined ? keyState(keys, key) === 'replaced' : key.name === name,
  )
  if (found) return found
  const message = name === undefined ? 'no key was replaced' : `there is no key "${name}"`
  throw refuse(keys, 'SIGNING_KEY_UNKNOWN', message, namesHint(keys))
}

/** The distribution was made anew, so that CloudFront gave its key another id. */
function renamedKey({ keys, signing }: SigningKeys, deployed: DeployedKeys): SigningKey | undefined {
  return keys.find(
    ({ name, keyPairId }) =>
      name === signing && Object.hasOwn(deployed, name) && deployed[name] !== keyPairId,
  )
}

function notDeployed(keys: SigningKeys, { name }: SigningKey): NiceBlobsError {
  const { database } = keys
  return refuse(
    keys,
    'SIGNING_KEY_UNKNOWN',
    `the key ${name} waits and is not deployed`,
    `add its line (nice-blobs keys list) to stack.delivery.databases.${database}.publicKeys, deploy, and name the outputs of that deployment`,
  )
}

function nothingWaits(keys: SigningKeys): NiceBlobsError {
  const told =
    keys.signing === undefined ? 'there is no key' : `no key waits; ${keys.signing} goes on signing`
  return refuse(keys, 'SIGNING_KEY_MISSING', told, 'make one first: nice-blobs keys create')
}

function namesHint({ keys }: SigningKeys): string {
  const names = keys.map(({ name }) => name).join(', ')
  return names === ''
    ? 'there is no key yet: nice-blobs keys create'
    : `there are ${names}: nice-blobs keys list`
}

function refuse(
  { database }: SigningKeys,
  code: 'SIGNING_KEY_LIVE' | 'SIGNING_KEY_UNKNOWN' | 'SIGNING_KEY_MISSING',
  message: string,
  hint: string,
): NiceBlobsError {
  return new NiceBlobsError(code, message, { subject: database, hint })
}
