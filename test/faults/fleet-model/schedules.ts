import assert from 'node:assert/strict'
import { NiceBlobsError } from '../../../core/model/errors.ts'
import { runSchedule } from '../../../core/schedule-run.ts'
import { type Command, command } from './command.ts'
import { HOUR, MINUTE } from './oracle.ts'
import { type Process, setTrap, within } from './steps.ts'
import type { World } from './world.ts'

/** The schedule's function: each invocation is a process that dies, stands still and fails like any other. */

/** As long as the function may run, and a minute. */
const PATIENCE = 2.5 * MINUTE

type Outcome = 'planned' | 'ended before' | 'busy' | 'failed' | 'dead'

export const runOf = ({ time }: World): number => time.now - (time.now % HOUR)

/** One invocation; `strike` comes at its nth step. What is wrong with it beyond weather is thrown. */
export async function invoke(
  world: World,
  run: number,
  at = 0,
  strike?: (process: Process) => Promise<void>,
): Promise<Outcome> {
  const process: Process = { name: 'schedule', dead: false }
  if (strike) setTrap(process, at, () => strike(process))
  world.witness.invoked(run)
  const options = { run, dryRun: false, patience: PATIENCE, now: () => world.time.now }
  try {
    const told = await within(process, () => runSchedule(world.ports.fleet, world.policy, options))
    return told.outcome
  } catch (error) {
    if (process.dead) return 'dead'
    if (!(error instanceof NiceBlobsError)) throw error
    if (error.code === 'SCHEDULE_BUSY') return 'busy'
    if (error.code.startsWith('SERVER_')) return 'failed'
    throw error
  }
}

export const schedule = (): Command =>
  command('schedule()', async world => void (await invoke(world, runOf(world))))

/** Delivered again when the first invocation is over. */
export const scheduleTwice = (): Command =>
  command('scheduleTwice()', async world => {
    const first = await invoke(world, runOf(world))
    const orders = ordersOf(world)
    const second = await invoke(world, runOf(world))
    if (first !== 'planned' && first !== 'ended before') return
    assert.ok(['ended before', 'failed'].includes(second), second)
    assert.equal(ordersOf(world), orders)
  })

/** Delivered again while the first one is at its nth step, after whatever else has happened; neither knows of the other but by the lease. */
export const scheduleAtOnce = (at: number, ...meanwhile: Command[]): Command =>
  command(`scheduleAtOnce(${[at, ...meanwhile].join(', ')})`, async world => {
    const run = runOf(world)
    await invoke(world, run, at, async () => {
      for (const one of meanwhile) await one.run(world.oracle, world)
      await invoke(world, run)
    })
  })

/** The invocation ends without a word at its nth step; it is repeated when Lambda does, after one and after three minutes. */
export const scheduleDies = (at: number): Command =>
  command(`scheduleDies(${at})`, async world => {
    const run = runOf(world)
    await invoke(world, run, at, async process => {
      process.dead = true
    })
    world.pass(MINUTE)
    await invoke(world, run)
    world.pass(2 * MINUTE)
    await invoke(world, run)
  })

function ordersOf({ fleet }: World): string {
  return JSON.stringify([...fleet.rows.values()].filter(row => 'run' in row))
}
