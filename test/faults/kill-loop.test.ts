import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { bound } from './bounds.ts'
import { type Lane, openLane } from './kill-lane.ts'
import { planRound, type Round, undisturbed } from './kill-plan.ts'
import { runProgram } from './kill-program.ts'
import { playRound } from './kill-round.ts'
import { setScene } from './kill-scene.ts'
import { knownBlobs, memoryScratch } from './known-blobs.ts'

/**
 * Processes are killed at every failpoint and at random moments while they archive, release, recall and fetch; then every
 * byte is looked at. A round that fails is played alone with BLOBS_TEST_SEED=<its seed>.
 */

const ROUNDS = Number(process.env.XR ?? bound(500, 10_000))
const LANES = 2
/** A sandbox keeps every object of its rounds. */
const ROUNDS_OF_A_LANE = 100
const MOST_FAILURES = 10
const blobs = knownBlobs(3)

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

describe('a process that is killed', () => {
  it(`loses and alters no blob, ${ROUNDS} times (I1, I2, I3, I8)`, async test => {
    const base = memoryScratch(test)
    process.env.NODE_COMPILE_CACHE = join(base, 'compiled')
    const known = await study(base)
    const seeds = chooseSeeds(known.failpoints.length)
    test.diagnostic(`${known.failpoints.length} failpoints; seeds ${seeds[0]} to ${seeds.at(-1)}`)
    const tally: Record<string, number> = {}
    const failures: string[] = []
    const start = performance.now()
    const next = seeds.values()
    await Promise.all(
      Array.from({ length: Math.min(LANES, seeds.length) }, () =>
        playLane(base, next, known, tally, failures),
      ),
    )
    tell(test, tally, performance.now() - start)
    assert.deepEqual(failures, [])
  })
})

/** What a program passes when nobody kills it, and how long it takes. */
interface Known {
  failpoints: readonly string[]
  usual: Record<Round['program'], number>
}

async function study(base: string): Promise<Known> {
  const lane = await openLane(base)
  const list = join(base, 'failpoints')
  const usual = { child: 0, archive: 0, recall: 0 }
  for (const program of ['child', 'child', 'archive', 'recall'] as const) {
    const round = { ...undisturbed, program }
    const scene = await setScene(lane, round, blobs)
    const { how, complaints, took } = await runProgram(scene, round, 0)
    assert.deepEqual([how, complaints], ['by itself', []])
    usual[program] = took
  }
  const scene = await setScene(lane, undisturbed, blobs)
  await runProgram(scene, undisturbed, 0, { BLOBS_FAILPOINT_RECORD: list })
  await lane.close()
  const failpoints = [...new Set(readFileSync(list, 'utf8').trim().split('\n'))].sort()
  return { failpoints, usual }
}

/** First each failpoint, then others with every run; one alone when it is named. */
function chooseSeeds(failpoints: number): number[] {
  const { BLOBS_TEST_SEED: seed } = process.env
  if (seed !== undefined) return [Number(seed)]
  const first = 10 ** 6 + Math.floor(Math.random() * 10 ** 9)
  return Array.from({ length: ROUNDS }, (_, i) => (i < failpoints ? i : first + i))
}

/** Plays what no other lane has begun, until there is nothing left or enough has failed. */
async function playLane(
  base: string,
  seeds: Iterator<number>,
  { failpoints, usual }: Known,
  tally: Record<string, number>,
  failures: string[],
): Promise<void> {
  let lane = await openLane(base)
  for (let played = 0; failures.length < MOST_FAILURES; played += 1) {
    const { value: seed, done } = seeds.next()
    if (done) break
    if (played > 0 && played % ROUNDS_OF_A_LANE === 0) lane = await renew(lane, base)
    const round = planRound(seed, failpoints, blobs.length)
    const { how, problems } = await playRound(lane, round, blobs, usual[round.program])
    const kind = `${round.program === 'child' ? '' : 'command line, '}${how === 'killed' ? killOf(round) : how}`
    tally[kind] = (tally[kind] ?? 0) + 1
    failures.push(
      ...problems.map(problem => `BLOBS_TEST_SEED=${seed} (${JSON.stringify(round.kill)}): ${problem}`),
    )
  }
  await lane.close()
}

async function renew(lane: Lane, base: string): Promise<Lane> {
  await lane.close()
  return openLane(base)
}

function killOf({ kill }: Round): string {
  return kill !== 'never' && 'failpoint' in kill ? 'at a failpoint' : 'at a moment'
}

function tell(test: TestContext, tally: Record<string, number>, ms: number): void {
  const rounds = Object.values(tally).reduce((sum, count) => sum + count, 0)
  test.diagnostic(`${rounds} rounds in ${(ms / 1000).toFixed(0)} s, ${(ms / rounds).toFixed(0)} ms each`)
  for (const [kind, count] of Object.entries(tally).sort()) test.diagnostic(`${count} ${kind}`)
}
