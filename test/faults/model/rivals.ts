import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { ErrorCode } from '../../../core/model/errors.ts'
import { formatRef } from '../../../core/model/ref.ts'
import { type Command, command, inOrder } from './command.ts'
import { damage, mark, pack, recommit } from './deeds.ts'
import type { Disturbed } from './disturbances.ts'
import { type CacheHarm, harmCache } from './harm.ts'
import { interrupted } from './interruption.ts'
import { observe } from './observe.ts'
import { reading } from './operations.ts'
import { NAMES, type Name, refOf } from './oracle.ts'
import { predictRead, type ReadBy, type Told } from './predict.ts'
import type { World } from './world.ts'

/** What may be told of a blob when somebody else is busy with it. */
const WITH_A_RIVAL: ErrorCode[] = [
  'SOURCE_VANISHED',
  'SOURCE_CHANGED',
  'BLOB_CONFLICT',
  'BLOB_MISSING',
  'BLOB_DAMAGED',
]

const DEEDS = {
  recommit: (name: Name) => [recommit(name, '300×8')],
  pack: (name: Name) => [pack(name)],
  damage: (name: Name) => [damage(name, 'other bytes')],
  mark: (name: Name) => [mark(name)],
  'mark and recommit': (name: Name) => [mark(name), recommit(name, '300×8')],
}
export type Rival = keyof typeof DEEDS
export const RIVALS = Object.keys(DEEDS) as Rival[]

/**
 * At the nth step somebody does something to the very blob that it is about; all others are as if nothing had happened.
 * Nothing is marked between the last answer and the unlink: nobody could know.
 */
export const meanwhile = (at: number, rival: Rival, { operation }: Disturbed): Command =>
  command(`meanwhile(${at}, '${rival}', ${operation.text})`, async (oracle, world) => {
    const after = structuredClone(oracle.blobs)
    const expected = operation.predict({ ...oracle, blobs: after })
    const told: Told = { outcomes: [], errors: [] }
    let rivalled: Name | undefined
    const strike = (about: string) => {
      rivalled = nameIn(world, about)
      if (rivalled === undefined) return undefined
      oracle.blobs = observe(world)
      for (const deed of DEEDS[rival](rivalled)) if (deed.check(oracle)) deed.act(oracle, world)
      return undefined
    }
    await interrupted({ at, of: ['call', 'disk'], strike }, () => operation.perform(world, told))
    oracle.blobs = after
    if (rivalled === undefined) return assert.deepEqual(inOrder(told), inOrder(expected))
    after[rivalled] = observe(world)[rivalled]
    const ofOthers = (outcome: string) => !outcome.startsWith(`${rivalled}`)
    const others = [told, expected].map(({ outcomes }) => outcomes.filter(ofOthers).toSorted())
    assert.deepEqual(others[0], others[1])
    for (const code of told.errors) assert.ok([...expected.errors, ...WITH_A_RIVAL].includes(code), code)
  })

/** A key, a ref or a path leads to the blob that it is of. */
function nameIn({ volume, copy }: World, about: string): Name | undefined {
  return NAMES.find(name => {
    const ref = refOf(name)
    const paths = [volume.pathOf(ref), copy.pathOf(ref), formatRef(ref), `${ref.oid}-${ref.tid}`]
    return paths.some(path => about.includes(path))
  })
}

/** Somebody harms the cache at the nth step of a read. The bytes come all the same (I7); only a path needs the cache. */
export const spoilt = (at: number, harm: CacheHarm, name: Name, by: ReadBy): Command =>
  command(`spoilt(${at}, '${harm}', '${name}', '${by}')`, async (oracle, world) => {
    const expected = [oracle.cached, {}].map(cached => predictRead({ ...oracle, cached }, name, by))
    const told: Told = { outcomes: [], errors: [] }
    const strike = () => {
      harmCache(world, harm)
      return undefined
    }
    const work = () => reading(name, by).perform(world, told).catch(unlessGone)
    await interrupted({ at, of: ['call', 'answer', 'disk'], strike }, work)
    world.troubles = []
    const needsCache = by === 'locate' || by === 'path'
    if (needsCache && told.outcomes.length === 0 && !told.errors.includes('BLOB_MISSING')) return
    assert.ok(
      expected.some(one => isDeepStrictEqual(one, told)),
      inspect(told),
    )
  })

/** A path was given, and what is under it was taken away before it could be opened. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
