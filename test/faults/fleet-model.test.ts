import { describe, it } from 'node:test'
import { bound } from './bounds.ts'
import type { Command } from './fleet-model/command.ts'
import { commit } from './fleet-model/deeds.ts'
import { crashes, lives, type Meanwhile, pauses } from './fleet-model/lives.ts'
import { atEveryStep, follow, runModel } from './fleet-model/run-model.ts'
import { schedule, scheduleAtOnce, scheduleDies } from './fleet-model/schedules.ts'
import { pass, policy } from './fleet-model/surroundings.ts'

/**
 * The model of a fleet: hosts that share a volume, others beside them, the schedule, bucket and index. Everything is done in any
 * order, every process may die or stand still at any of its steps, and after each command every place where a blob can be is
 * compared with an oracle that knows nothing of how it is done. In the end everything works again, and what is due has to be
 * archived and released.
 *
 * A failure prints a seed, a path and a replay path; BLOBS_TEST_SEED, BLOBS_TEST_PATH and BLOBS_TEST_REPLAY_PATH repeat it. It
 * also prints the shortest sequence that fails, which then goes among the regressions below as it is.
 */

const REGRESSIONS: Record<string, Command[]> = {}

const two = [commit('main/shared', 'old', 300), commit('main/shared', 'old', 100)]
const again = [lives('web1'), schedule()]
/** What comes before that part of a blob's way in whose middle something happens. */
const PARTS: Record<string, Command[]> = {
  'its first heartbeat': two,
  archiving: [...two, ...again],
  'archiving by a budget': [policy('main', 'tight'), ...two, ...again],
  releasing: [...two, ...again, lives('web1'), pass('8 days'), ...again],
}
const MEANWHILE: readonly Meanwhile[][] = [
  ['takeover'],
  ['takeover', 'beats'],
  ['takeover', 'ends'],
  ['beats'],
  ['ends'],
  ['an hour', 'schedule', 'beats'],
]

describe('the model of a fleet', () => {
  it('holds in any order', () => runModel(bound(200, 8_000), 'no harm'))
  it('holds in any order while somebody harms objects', () => runModel(bound(60, 2_000), 'harm'))

  for (const [name, commands] of Object.entries(REGRESSIONS)) it(name, () => follow(commands))

  for (const [part, before] of Object.entries(PARTS)) {
    for (const inventory of ['kept', 'lost'] as const)
      it(`holds when an agent dies at any step of ${part}, its inventory ${inventory} (I1, I8)`, async test => {
        const steps = await atEveryStep(at => [...before, crashes('web1', at, inventory)])
        test.diagnostic(`${steps} steps`)
      })
    for (const meanwhile of MEANWHILE)
      it(`holds when a host stands still at any step of ${part}: ${meanwhile.join(', ')} (I1, I3)`, async test => {
        const steps = await atEveryStep(at => [...before, pauses('web1', at, ...meanwhile)])
        test.diagnostic(`${steps} steps`)
      })
  }

  const divided = [
    policy('main', 'tight'),
    ...two,
    commit('main/own', 'old', 300),
    commit('main/own', 'old', 150),
    lives('web1'),
    lives('web3'),
  ]
  const work = [lives('web1'), lives('web3')]

  it('holds when the schedule dies at any call and is repeated (I8)', async test => {
    test.diagnostic(`${await atEveryStep(at => [...divided, scheduleDies(at), ...work])} steps`)
  })

  it('holds when the schedule is invoked again at any call of the first invocation (I8)', async test => {
    test.diagnostic(`${await atEveryStep(at => [...divided, scheduleAtOnce(at), ...work])} steps`)
  })
})
