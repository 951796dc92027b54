import { describe, it } from 'node:test'
import type { Command } from './fleet-model/command.ts'
import { commit, pack, packing, pin } from './fleet-model/deeds.ts'
import { beats, crashes, lives, type Meanwhile, pauses } from './fleet-model/lives.ts'
import { atEveryStep, follow } from './fleet-model/run-model.ts'
import { schedule, scheduleAtOnce, scheduleDies } from './fleet-model/schedules.ts'
import { clock, pass, policy, replicated, weather } from './fleet-model/surroundings.ts'

/** The model of a fleet (fleet-model.test.ts), followed from one end to the other: what is too seldom met by chance. */

const two = [commit('main/shared', 'old', 300), commit('main/shared', 'old', 100)]
const again = [lives('web1'), schedule()]
const toRelease = [...two, ...again, lives('web1'), pass('8 days'), ...again]
/** What comes before that part of a blob's way in whose middle something happens. */
const PARTS: Record<string, Command[]> = {
  'its first heartbeat': two,
  archiving: [...two, ...again],
  'archiving by a budget': [policy('main', 'tight'), ...two, ...two, ...again],
  releasing: toRelease,
}
/** What was found by chance, and what would not be. */
const STORIES: Record<string, Command[]> = {
  'releases nothing early by a clock that is fast (I1)': [
    policy('main', 'prompt'),
    commit('main/shared', 'old', 100),
    lives('web1'),
    schedule(),
    lives('web1'),
    clock('web1', 'half an hour fast'),
    pass('40 minutes'),
    lives('web1'),
  ],
  'archives nothing early by a clock that is fast': [
    commit('main/shared', 'nearly a day', 100),
    lives('web1'),
    schedule(),
    clock('web1', 'half an hour fast'),
    lives('web1'),
  ],
  'releases nothing while the volume packs (I1)': [...toRelease, packing('main/shared', true), lives('web1')],
  'releases nothing that an undo needs (I1)': [...toRelease, pin(0), pin(1), lives('web1')],
  'releases nothing that is not replicated (I1)': [
    policy('main', 'replicated'),
    replicated('pending'),
    ...toRelease,
    lives('web1'),
  ],
  'releases what another host archived by an earlier policy': [
    lives('web1'),
    schedule(),
    policy('main', 'large'),
    commit('main/shared', 'nearly a day', 100),
    pauses('web1', 1, 'takeover'),
    pass('40 minutes'),
    pauses('web1', 0, 'ends'),
    lives('web2'),
  ],
  'orders again where an order was found long after it was given': [
    commit('main/own', 'future', 150),
    lives('web3'),
    schedule(),
  ],
}

/** Another host takes the lease while the order is still valid. */
const takenOver = [lives('web2'), pass('5 minutes'), lives('web2')]
const MEANWHILE: readonly Meanwhile[][] = [
  ['takeover'],
  ['takeover', 'beats'],
  ['takeover', 'ends'],
  ['beats'],
  ['ends'],
  ['an hour', 'schedule', 'beats'],
  ['pack'],
  ['recall'],
]

/** More than there are of one port in any of the parts. */
const MOST_CALLS = 20

describe('a fleet', () => {
  for (const [name, commands] of Object.entries(STORIES)) it(name, () => follow(commands))

  for (const [part, before] of Object.entries(PARTS)) {
    for (const inventory of ['kept', 'lost'] as const)
      it(`holds when an agent dies at any step of ${part}, its inventory ${inventory} (I1, I8)`, async test => {
        const steps = await atEveryStep(at => [...before, crashes('web1', at, inventory), ...takenOver])
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

  for (const at of ['call', 'answer'] as const)
    for (const port of ['index', 'bucket'] as const) {
      const away = (call: number) => weather(port, 'SERVER_UNREACHABLE', at, 1, call)
      it(`holds when any ${at} of the ${port} fails (I8)`, async () => {
        for (let call = 0; call < MOST_CALLS; call += 1) {
          await follow([...(PARTS['archiving by a budget'] ?? []), away(call), lives('web1'), ...takenOver])
          await follow([...toRelease, away(call), lives('web1'), ...takenOver])
          if (port === 'index') await follow([...divided, away(call), schedule(), schedule(), ...work])
        }
      })
    }

  it('holds when the schedule dies at any call and is repeated (I8)', async test => {
    test.diagnostic(`${await atEveryStep(at => [...divided, scheduleDies(at), ...work])} steps`)
  })

  it('holds when the schedule is invoked again at any call of the first invocation (I8)', async test => {
    test.diagnostic(`${await atEveryStep(at => [...divided, scheduleAtOnce(at), ...work])} steps`)
  })

  it('holds when the second invocation would find other volumes with something due (I8)', async test => {
    const before = [
      policy('main', 'tight'),
      commit('main/own', 'old', 300),
      commit('main/own', 'old', 150),
      ...work,
      schedule(),
      pass('8 days'),
      beats('web1'),
      beats('web3'),
    ]
    const moved = [pack(0), pack(1), ...two, ...work]
    test.diagnostic(`${await atEveryStep(at => [...before, scheduleAtOnce(at, ...moved), ...work])} steps`)
  })
})
