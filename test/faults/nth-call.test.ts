import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { BlobMissing, NiceBlobsError, translateSystemError } from '../../core/model/errors.ts'
import { openFilesBelow } from '../flows/open-files.ts'
import { audit, type Findings } from './audit.ts'
import { bound } from './bounds.ts'
import { arm, disarm, type Fault } from './failpoints/fault.ts'
import './failpoints/register.ts'
import { knownBlobs, memoryScratch } from './known-blobs.ts'
import { createWorld, FLOWS, type Flow, type World } from './nth-call-flows.ts'

/**
 * The first, second, third … call to the disk, the bucket and the index fails, until a run comes to its end before the
 * fault is reached. After each: nothing is lost, nothing is wrong, and the same run without a fault completes (I8).
 */

const CODES = ['EIO', 'EPERM', 'ENOSPC', 'EMFILE', 'EACCES', 'EROFS'].slice(0, bound(2, 6))
/** A call that is never answered would hang the suite without telling which. */
const HANGS_AFTER = 30_000
const blobs = knownBlobs(2)

// Every scan starts threads, which would strip the types of their sources anew.
process.env.NODE_COMPILE_CACHE = join(memoryScratch({ after }), 'compiled')

describe('the nth call fails', () => {
  for (const flow of FLOWS) {
    it(`${flow.name}: nothing is lost or wrong, and the next run completes (I1, I2, I3, I8)`, async test => {
      const base = memoryScratch(test)
      const failures: string[] = []
      let calls = 0
      for (const fault of faults()) {
        const nth = await failEach(flow, base, fault, failure => failures.push(failure))
        calls += nth
        test.diagnostic(`${flow.name}: ${nth} calls, ${fault.side} ${codeOf(fault)}`)
      }
      test.diagnostic(`${flow.name}: ${calls} calls failed`)
      assert.deepEqual(failures, [])
    })
  }
})

/** A refusing server is one kind of trouble, a refusing disk has many names. */
function* faults(): Generator<Omit<Fault, 'nth'>> {
  for (const [i, code] of CODES.entries()) {
    const only = i === 0 ? {} : { only: 'disk' as const }
    for (const side of ['before', 'after'] as const) yield { side, action: { kind: 'error', code }, ...only }
  }
}

function codeOf({ action }: Omit<Fault, 'nth'>): string {
  return action.kind === 'error' ? action.code : action.kind
}

/** Answers how many calls the flow makes. */
async function failEach(
  flow: Flow,
  base: string,
  fault: Omit<Fault, 'nth'>,
  tell: (failure: string) => void,
): Promise<number> {
  for (let nth = 1; ; nth += 1) {
    const directory = mkdtempSync(join(base, 'run-'))
    const world = createWorld(directory, blobs)
    await flow.prepare(world)
    arm({ ...fault, nth })
    const errors = await endOf(flow, world)
    const failpoint = disarm()
    const problems = [
      ...problemsOf(flow, errors),
      ...leaksOf(world, directory),
      ...(await harmOf(world, failpoint)),
      ...(await problemsOfNextRun(flow, world)),
    ]
    for (const problem of problems) tell(`${failpoint} ${codeOf(fault)} (call ${nth}): ${problem}`)
    rmSync(directory, { recursive: true })
    if (failpoint === undefined) return nth - 1
  }
}

/** All errors it told, the one that ended it included. */
async function endOf(flow: Flow, world: World): Promise<unknown[]> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<unknown[]>(resolve => {
    timer = setTimeout(() => resolve(['it hangs']), HANGS_AFTER)
  })
  const ended = flow.run(world).catch((error: unknown) => [error])
  return Promise.race([ended, hung]).finally(() => clearTimeout(timer))
}

/** What the command line would call an internal error, and what a reader must never be told. */
function problemsOf({ forPrograms }: Flow, errors: readonly unknown[]): string[] {
  return errors.flatMap(error => {
    if (error instanceof BlobMissing) return ['a blob is called missing (I11)']
    if (error instanceof NiceBlobsError) return []
    if (!forPrograms && translateSystemError(error)) return []
    return [`an error without a type: ${error instanceof Error ? error.stack : error}`]
  })
}

function leaksOf(world: World, directory: string): string[] {
  return [
    ...openFilesBelow(directory).map(path => `left open: ${path}`),
    ...[...world.bucket.unfinished].map(key => `its request was never ended: ${key}`),
  ]
}

async function harmOf(world: World, failpoint = ''): Promise<string[]> {
  const { wrong, staged } = await audit(world, blobs)
  // What could not be removed stays, and is removed a day later.
  const litter = failpoint.includes('.rm:') ? [] : staged
  return [...wrong, ...litter.map(path => `left lying about: ${path}`)]
}

async function problemsOfNextRun(flow: Flow, world: World): Promise<string[]> {
  const errors = await endOf(flow, world)
  const found = await audit(world, blobs)
  const expected = { all: blobs.length, none: 0 }
  const incomplete = Object.entries(flow.complete).flatMap(([place, wanted]) => {
    const { size } = new Set(found[place as keyof Findings])
    return size === expected[wanted] ? [] : [`the next run leaves ${size} blobs in ${place}`]
  })
  return [...errors.map(error => `the next run fails: ${error}`), ...found.wrong, ...incomplete]
}
