import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { BlobUnavailable } from '../../../core/model/errors.ts'
import { type archive, type Command, command, inOrder } from './command.ts'
import { interrupted } from './interruption.ts'
import { observe } from './observe.ts'
import type { Operation } from './operations.ts'
import { NAMES, type Places } from './oracle.ts'
import type { Told } from './predict.ts'
import type { World } from './world.ts'

export type Disturbed = ReturnType<typeof archive>

/** The process dies at the nth step, and another one starts. */
export const crash = (at: number, { operation }: Disturbed): Command =>
  disturbed(`crash(${at}, ${operation.text})`, operation, async (world, told) => {
    const strike = () => {
      world.die()
      return new Error('dead')
    }
    const work = () => operation.perform(world, told)
    const { struck } = await interrupted({ at, of: ['call', 'answer', 'disk', 'unlink'], strike }, work)
    if (!struck) return 'finished'
    world.rise()
    return 'died'
  })

/** From the nth step on neither bucket nor index can be reached, until the operation has ended. */
export const outage = (at: number, { operation }: Disturbed): Command =>
  disturbed(`outage(${at}, ${operation.text})`, operation, async (world, told) => {
    const away = new BlobUnavailable('SERVER_UNREACHABLE', 'away', { subject: 'bucket', hint: 'wait' })
    const work = () => operation.perform(world, told)
    const { struck, thrown } = await interrupted({ at, of: ['call', 'answer'], strike: () => away }, work)
    if (thrown !== undefined) assert.equal(thrown, away)
    return struck ? 'gave up' : 'finished'
  })

function disturbed(
  text: string,
  { predict }: Operation,
  perform: (world: World, told: Told) => Promise<'finished' | 'gave up' | 'died'>,
): Command {
  return command(text, async (oracle, world) => {
    const before = structuredClone(oracle.blobs)
    const expected = predict(oracle)
    const told: Told = { outcomes: [], errors: [] }
    const end = await perform(world, told)
    if (end === 'finished') return assert.deepEqual(inOrder(told), inOrder(expected))
    if (end === 'gave up') requirePartOf(told, expected)
    const seen = observe(world)
    for (const name of NAMES) requireBetween(before[name], oracle.blobs[name], seen[name], end)
    oracle.blobs = seen
    world.troubles = []
  })
}

function requirePartOf(told: Told, { outcomes, errors }: Told): void {
  assert.deepEqual(
    told.outcomes.filter(outcome => !outcomes.includes(outcome)),
    [],
  )
  const unexpected = told.errors.filter(code => !errors.includes(code))
  assert.deepEqual(
    unexpected.filter(code => code !== 'SERVER_UNREACHABLE'),
    [],
  )
}

/** What was begun is done or not done for each place; what left the volume was to leave it. */
function requireBetween(before: Places, after: Places, seen: Places, end: 'gave up' | 'died'): void {
  const heldBy = ({ volume, aside }: Places) => [volume, ...aside].filter(bytes => bytes !== undefined)
  for (const bytes of heldBy(seen))
    assert.ok([...heldBy(before), ...heldBy(after)].includes(bytes), `${bytes} is new`)
  for (const bytes of heldBy(before))
    assert.ok(heldBy(seen).includes(bytes) || !heldBy(after).includes(bytes), `${bytes} left the volume`)
  if (end === 'gave up')
    for (const bytes of seen.aside) assert.ok(before.aside.includes(bytes), `${bytes} is left aside`)
  for (const place of ['copy', 'object', 'row'] as const)
    assert.ok(
      [before, after].some(places => isDeepStrictEqual(places[place], seen[place])),
      place,
    )
}
