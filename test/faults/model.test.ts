import { describe, it } from 'node:test'
import { bound } from './bounds.ts'
import { archive, type Command, crawl, read, recall } from './model/command.ts'
import { cacheHarmed, clock, commit, commitAll, indexLost, recommit } from './model/deeds.ts'
import { crash, type Disturbed, outage } from './model/disturbances.ts'
import { meanwhile, RIVALS, spoilt } from './model/rivals.ts'
import { atEveryStep, follow, runModel } from './model/run-model.ts'

/**
 * The model: everything that can be done is done in any order, in whose middle anything may happen, and after every
 * command each place where a blob can be is compared with an oracle that knows nothing of how it is done.
 *
 * A failure prints a seed, a path and a replay path; BLOBS_TEST_SEED, BLOBS_TEST_PATH and BLOBS_TEST_REPLAY_PATH repeat it.
 * It also prints the shortest sequence that fails, which then goes among the regressions below as it is.
 */

const all = { minAge: 0, minSize: 0, quiet: 0, allowEmpty: false, jobs: 1 }
const archiveAll = archive(all)
const releaseAll = archive({ ...all, delay: 0 })
const recallAll = recall({ to: 'volume', verify: true, jobs: 1 })
const first = commit('1 old', '300×1')

const REGRESSIONS: Record<string, Command[]> = {
  'makes a cache again that is removed while it is in use (I7)': [
    commitAll(),
    crawl('locate'),
    cacheHarmed('removed'),
    crawl('locate'),
    releaseAll,
    crawl('path'),
  ],
}

/** Before each comes what it needs, and after it the same once more: whatever happened, the next run goes on (I8). */
const OPERATIONS: Record<string, [before: Command[], operation: Disturbed]> = {
  archiving: [[first], archiveAll],
  'archiving what is in the bucket': [[first, archiveAll, indexLost()], archiveAll],
  'releasing at once': [[first], releaseAll],
  releasing: [[first, archiveAll], releaseAll],
  'releasing other bytes than were archived': [
    [clock('fast'), first, archiveAll, recommit('1 old', '300×2')],
    releaseAll,
  ],
  'recalling what is released': [[first, releaseAll], recallAll],
  'recalling what is present': [[first, archiveAll], recallAll],
  'reading from the bucket by path': [[first, releaseAll], read('1 old', 'locate')],
  'reading from the bucket': [[first, releaseAll], read('1 old', 'open')],
}

describe('the model', () => {
  it('holds in any order', () => runModel(bound(600, 12_000)))

  for (const [name, commands] of Object.entries(REGRESSIONS)) it(name, () => follow(commands))

  for (const [name, [before, operation]] of Object.entries(OPERATIONS)) {
    it(`holds when the process dies at any step of ${name} (I8)`, async () => {
      await atEveryStep(at => [...before, crash(at, operation), operation])
    })

    it(`holds when the bucket goes away at any step of ${name} (I11)`, async () => {
      await atEveryStep(at => [...before, outage(at, operation), operation])
    })

    if (!name.startsWith('reading'))
      for (const rival of RIVALS)
        it(`holds when somebody comes to ${rival} at any step of ${name} (I1, I3)`, async () => {
          await atEveryStep(at => [...before, meanwhile(at, rival, operation), operation])
        })
  }

  it('holds when the process dies at any step of a release, and again or with a rival in the next run (I8)', async () => {
    const steps = await atEveryStep(at => [first, crash(at, releaseAll)])
    // The last one only withdraws the announcement; whoever comes then has nothing to do.
    for (let died = 0; died < steps - 1; died += 1) {
      await atEveryStep(at => [first, crash(died, releaseAll), crash(at, releaseAll), releaseAll])
      await atEveryStep(at => [
        first,
        crash(died, releaseAll),
        meanwhile(at, 'recommit', releaseAll),
        releaseAll,
      ])
    }
  })

  for (const harm of ['emptied', 'removed', 'ledger lost', 'ledger overwritten'] as const) {
    it(`reads on when the cache is harmed at any step: ${harm} (I7)`, async () => {
      for (const by of ['locate', 'open', 'stream'] as const)
        await atEveryStep(at => [first, releaseAll, spoilt(at, harm, '1 old', by), read('1 old', by)])
    })
  }
})
