import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { bound } from './bounds.ts'
import { openLane } from './kill-lane.ts'
import { planRound, type Round, undisturbed } from './kill-plan.ts'
import { runProgram } from './kill-program.ts'
import { playRound } from './kill-round.ts'
import { setScene } from './kill-scene.ts'
import { knownBlobs, memoryScratch } from './known-blobs.ts'

/**
 * Processes are killed at every failpoint and at random moments while they archive, release, recall and fetch; then every
 * byte is looked at. A round that fails is played alone with BLOBS_TEST_SEED=<its seed>.
 */

const KILLS = bound(500, 10_000)
const LANES = 2
/** A sandbox keeps every object of its rounds. */
const ROUNDS_OF_A_SANDBOX = 100
const MOST_FAILURES = 10
const blobs = knownBlobs(3)

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

/** What is known and what came of it, for all lanes. */
interface Loop {
  test: TestContext
  base: string
  seeds: Iterator<number>
  /** What a program passes when nobody kills it, and how many milliseconds it takes. */
  failpoints: readonly string[]
  usual: Record<Round['program'], number>
  tally: Record<string, number>
  kills: number
  failures: string[]
}

describe('a process that is killed', () => {
  it(`loses and alters no blob, ${KILLS} times (I1, I2, I3, I8)`, async test => {
    const base = memoryScratch(test)
    process.env.NODE_COMPILE_CACHE = join(base, 'compiled')
    const studied = await study(test, base)
    const seeds = chooseSeeds(studied.failpoints.length)
    const loop = { test, base, ...studied, seeds, tally: {}, kills: 0, failures: [] }
    const start = performance.now()
    await Promise.all(Array.from({ length: LANES }, () => playLane(loop)))
    tell(loop, performance.now() - start)
    assert.deepEqual(loop.failures, [])
  })
})

async function study(test: TestContext, base: string): Promise<Pick<Loop, 'failpoints' | 'usual'>> {
  const lane = await openLane(test, base)
  const usual = { child: 0, archive: 0, recall: 0 }
  // The first child still has to compile.
  for (const program of ['child', 'child', 'archive', 'recall'] as const) {
    const round = { ...undisturbed, program }
    const { how, complaints, took } = await runProgram(await setScene(lane, round, blobs), round, 0)
    assert.deepEqual([how, complaints], ['by itself', []])
    usual[program] = took
  }
  const list = join(base, 'failpoints')
  const recorded = { BLOBS_FAILPOINT_RECORD: list }
  await runProgram(await setScene(lane, undisturbed, blobs), undisturbed, 0, recorded)
  await lane.close()
  return { usual, failpoints: [...new Set(readFileSync(list, 'utf8').trim().split('\n'))].sort() }
}

/** First each failpoint, then others with every run; one alone when it is named. */
function* chooseSeeds(failpoints: number): Generator<number> {
  const { BLOBS_TEST_SEED: seed } = process.env
  if (seed !== undefined) return yield Number(seed)
  for (let each = 0; each < failpoints; each += 1) yield each
  for (let any = 10 ** 6 + Math.floor(Math.random() * 10 ** 9); ; any += 1) yield any
}

/** Plays what no other lane has begun, until enough were killed or enough has failed. */
async function playLane(loop: Loop): Promise<void> {
  const { test, base, seeds, failpoints, usual, failures } = loop
  let lane = await openLane(test, base)
  for (let played = 1; loop.kills < KILLS && failures.length < MOST_FAILURES; played += 1) {
    const { value: seed, done } = seeds.next()
    if (done) break
    const round = planRound(seed, failpoints, blobs.length)
    const { how, problems } = await playRound(lane, round, blobs, usual[round.program])
    count(loop, round, how)
    for (const problem of problems)
      failures.push(`BLOBS_TEST_SEED=${seed} (${JSON.stringify(round.kill)}): ${problem}`)
    if (played % ROUNDS_OF_A_SANDBOX > 0) continue
    await lane.close()
    lane = await openLane(test, base)
  }
  await lane.close()
}

function count(loop: Loop, { program, kill }: Round, how: string): void {
  if (how === 'killed') loop.kills += 1
  const who = program === 'child' ? 'lean' : 'command line'
  const name = `${who}, ${how === 'killed' ? `killed at ${kill.at}` : `ended ${how}`}`
  loop.tally[name] = (loop.tally[name] ?? 0) + 1
}

function tell({ test, tally, failpoints }: Loop, ms: number): void {
  const rounds = Object.values(tally).reduce((sum, times) => sum + times, 0)
  const seconds = `${(ms / 1000).toFixed(0)} s, ${(ms / rounds).toFixed(0)} ms each`
  test.diagnostic(`${rounds} rounds in ${seconds}; ${failpoints.length} failpoints`)
  for (const [name, times] of Object.entries(tally).sort()) test.diagnostic(`${times} ${name}`)
}
