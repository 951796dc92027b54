import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { generateKey } from '../../core/generate-key.ts'
import { readDeployedKeys } from '../../core/model/deployed-keys.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { addKey, dropKey, keyState, noKeys, signWith, urlsEndOf } from '../../core/model/keys-plan.ts'
import {
  formatSigningKeys,
  NOTICED_WITHIN,
  parseSigningKeys,
  type SigningKey,
  type SigningKeys,
  signingKeyOf,
} from '../../core/model/signing-keys.ts'

const LIFETIME = 7_200_000
const EC = await generateKey('ec', 1)

/** Of that name; nobody signs with it here. */
const keyOf = (number: number): SigningKey => ({
  ...EC,
  name: number.toString(16).padStart(16, '0'),
  createdAt: number,
})
const [A, B, C] = [keyOf(1), keyOf(2), keyOf(3)]
const idOf = ({ name }: SigningKey) => `K${name.toUpperCase()}`
const deployed = (...keys: SigningKey[]) => Object.fromEntries(keys.map(key => [key.name, idOf(key)]))
const stateOf = (keys: SigningKeys, key: SigningKey) => {
  const found = keys.keys.find(({ name }) => name === key.name)
  return found && keyState(keys, found)
}

const none = noKeys('main')
/** So long after the last rotation that it is known everywhere. */
const at = (now: number) => ({ lifetime: LIFETIME, now })
const ROTATED = 100 + NOTICED_WITHIN
const waitingTwo = addKey(addKey(none, A), B)
const signingA = signWith(waitingTwo, deployed(A, B), at(100))
const rotated = signWith(signingA, deployed(A, B), at(ROTATED))

function refusal(work: () => SigningKeys): string {
  try {
    work()
  } catch (error) {
    if (error instanceof NiceBlobsError) return error.code
    throw error
  }
  throw new Error('not refused')
}

describe('signing keys', () => {
  it('wait, sign and are replaced, the one that was made first before the other', () => {
    assert.deepEqual([stateOf(waitingTwo, A), stateOf(waitingTwo, B)], ['waiting', 'waiting'])
    assert.equal(signingKeyOf(waitingTwo), undefined)
    assert.equal(signingKeyOf(signingA)?.keyPairId, idOf(A))
    assert.deepEqual([stateOf(signingA, A), stateOf(signingA, B)], ['signing', 'waiting'])
    assert.equal(signingKeyOf(rotated)?.name, B.name)
    assert.deepEqual([stateOf(rotated, A), stateOf(rotated, B)], ['replaced', 'signing'])
  })

  it('sign only when they are deployed', () => {
    assert.equal(
      refusal(() => signWith(waitingTwo, {}, at(1))),
      'SIGNING_KEY_UNKNOWN',
    )
    assert.equal(
      refusal(() => signWith(signingA, deployed(A), at(1))),
      'SIGNING_KEY_UNKNOWN',
    )
    assert.equal(
      refusal(() => signWith(none, deployed(A), at(1))),
      'SIGNING_KEY_MISSING',
    )
    assert.equal(
      refusal(() => signWith(rotated, deployed(A, B), at(1))),
      'SIGNING_KEY_MISSING',
    )
    assert.equal(signingKeyOf(signWith(waitingTwo, deployed(B), at(1)))?.name, B.name)
    assert.equal(
      refusal(() => signWith(waitingTwo, JSON.parse('{"__proto__":{}}'), at(1))),
      'SIGNING_KEY_UNKNOWN',
    )
  })

  it('take the id that CloudFront gives them when the distribution is made anew', () => {
    const anew = signWith(rotated, { [B.name]: 'KNEW' }, at(ROTATED + 1))
    assert.deepEqual([signingKeyOf(anew)?.name, signingKeyOf(anew)?.keyPairId], [B.name, 'KNEW'])
    assert.deepEqual(anew.keys[0], rotated.keys[0])
  })

  it('are dropped when their last URL has ended, the hosts’ and the edge’s clocks included', () => {
    const replaced = rotated.keys.find(({ name }) => name === A.name)
    assert.ok(replaced)
    const end = urlsEndOf(replaced, LIFETIME) ?? 0
    assert.ok(end >= ROTATED + LIFETIME + NOTICED_WITHIN)
    const drop = (now: number, leaked = false) => dropKey(rotated, { lifetime: LIFETIME, now, leaked })
    assert.equal(
      refusal(() => drop(end - 1)),
      'SIGNING_KEY_LIVE',
    )
    assert.deepEqual(
      drop(end).keys.map(({ name }) => name),
      [B.name],
    )
    assert.deepEqual(drop(ROTATED + 1, true), drop(end))
  })

  it('are dropped by the lifetime that they were replaced in, whatever it is now', () => {
    const [replaced] = rotated.keys
    assert.ok(replaced)
    const end = urlsEndOf(replaced, LIFETIME) ?? 0
    const short = { lifetime: 2000, leaked: false }
    assert.equal(
      refusal(() => dropKey(rotated, { ...short, now: end - 1 })),
      'SIGNING_KEY_LIVE',
    )
    assert.equal(dropKey(rotated, { ...short, now: end }).keys.length, 1)
    // A document of before that was kept.
    const { urlsUntil: _, ...unkept } = replaced
    assert.equal(urlsEndOf(unkept, LIFETIME), end)
  })

  it('begin to sign once, however often that is repeated, until the beginning is known everywhere (I8)', () => {
    for (const now of [100, 101, 99 + NOTICED_WITHIN])
      assert.equal(
        refusal(() => signWith(signingA, deployed(A, B), at(now))),
        'SIGNING_KEY_LIVE',
      )
    const leaked = signWith(signingA, deployed(A, B), { ...at(101), again: true })
    assert.equal(signingKeyOf(leaked)?.name, B.name)
    assert.equal(signingKeyOf(signWith(signingA, deployed(A, B), at(ROTATED)))?.name, B.name)
    // Of a document of before that was kept, nobody knows.
    const keys = signingA.keys.map(({ signingSince: _, ...key }) => key)
    assert.equal(signingKeyOf(signWith({ ...signingA, keys }, deployed(A, B), at(101)))?.name, B.name)
    // Another id does not wait.
    assert.equal(signingKeyOf(signWith(signingA, { [A.name]: 'KNEW' }, at(101)))?.keyPairId, 'KNEW')
  })

  it('are never dropped while they sign, nor by a name that none has', () => {
    const options = { lifetime: LIFETIME, now: Number.MAX_SAFE_INTEGER, leaked: true }
    assert.equal(
      refusal(() => dropKey(rotated, { ...options, name: B.name })),
      'SIGNING_KEY_LIVE',
    )
    assert.equal(
      refusal(() => dropKey(rotated, { ...options, name: C.name })),
      'SIGNING_KEY_UNKNOWN',
    )
    assert.equal(
      refusal(() => dropKey(signingA, options)),
      'SIGNING_KEY_UNKNOWN',
    )
    assert.equal(
      refusal(() => dropKey(none, options)),
      'SIGNING_KEY_UNKNOWN',
    )
    assert.deepEqual(
      dropKey(signingA, { ...options, name: B.name }).keys.map(({ name }) => name),
      [A.name],
    )
  })

  it('are two at the most', () => {
    assert.equal(
      refusal(() => addKey(waitingTwo, C)),
      'SIGNING_KEY_LIVE',
    )
    assert.equal(
      refusal(() => addKey(rotated, C)),
      'SIGNING_KEY_LIVE',
    )
  })

  it('hold through any steps: two at the most, the signing one stays, and a refusal changes nothing', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'add' as const }),
      fc.record({
        kind: fc.constant('sign' as const),
        deployed: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7]),
        again: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('drop' as const),
        of: fc.option(fc.nat(9), { nil: undefined }),
        leaked: fc.boolean(),
      }),
    )
    const timed = fc.record({ step, passes: fc.nat(3 * LIFETIME) })
    fc.assert(
      fc.property(fc.array(timed, { maxLength: 30 }), steps => {
        let keys = none
        let [now, made] = [0, 0]
        for (const { step, passes } of steps) {
          now += passes
          const before = structuredClone(keys)
          try {
            if (step.kind === 'add') keys = addKey(keys, keyOf(made++))
            else if (step.kind === 'sign')
              keys = signWith(keys, deployed(...step.deployed.map(keyOf)), {
                lifetime: LIFETIME,
                now,
                again: step.again,
              })
            else {
              const name = step.of === undefined ? undefined : keyOf(step.of).name
              keys = dropKey(keys, { name, lifetime: LIFETIME, now, leaked: step.leaked })
            }
          } catch (error) {
            assert.ok(error instanceof NiceBlobsError)
            assert.deepEqual(keys, before)
          }
          holds(before, keys, { now, early: step.kind === 'drop' && step.leaked })
        }
      }),
    )
  })
})

function holds(
  before: SigningKeys,
  after: SigningKeys,
  { now, early }: { now: number; early: boolean },
): void {
  assert.ok(after.keys.length <= 2)
  assert.deepEqual(parseSigningKeys(formatSigningKeys(after), 'main'), JSON.parse(JSON.stringify(after)))
  const signing = signingKeyOf(before)
  assert.ok(!signing || after.keys.some(({ name }) => name === signing.name), 'who signed is kept')
  assert.ok(!signing || signingKeyOf(after), 'somebody signs on')
  const gone = before.keys.filter(key => !after.keys.some(({ name }) => name === key.name))
  for (const key of gone) assert.ok(early || now >= (urlsEndOf(key, LIFETIME) ?? 0), 'no URL of it lives')
}

describe('deployed keys', () => {
  const file = (value: unknown) => ({
    text: JSON.stringify({ blobs: { SigningKeys: JSON.stringify(value) } }),
    subject: 'outputs',
  })

  it('are those of the database, and none where it has no distribution', () => {
    const outputs = file({ main: { [A.name]: 'K1' }, other: {} })
    assert.deepEqual(readDeployedKeys('main', outputs), { stack: 'blobs', keys: { [A.name]: 'K1' } })
    for (const database of ['other', 'third', 'constructor'])
      assert.deepEqual(readDeployedKeys(database, outputs).keys, {})
  })

  it('are not read from what a stack of ours does not say', () => {
    for (const value of ['', [], { main: 'K1' }, { main: { a: 'k-1' } }, { main: { a: '$Token' } }])
      assert.equal(
        refusal(() => readDeployedKeys('main', file(value)) as never),
        'CONFIG_INVALID',
      )
  })
})
