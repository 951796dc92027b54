import fc from 'fast-check'
import { archive, type Command, crawl, plan, read, recall } from './command.ts'
import {
  cacheHarmed,
  clock,
  commit,
  commitAll,
  damage,
  indexLost,
  mark,
  pack,
  packing,
  reboot,
  recommit,
} from './deeds.ts'
import { crash, outage } from './disturbances.ts'
import { type Bytes, NAMES } from './oracle.ts'
import { meanwhile, RIVALS, spoilt } from './rivals.ts'

const anyName = fc.constantFrom(...NAMES)
const anyBytes = fc.constantFrom<Bytes[]>(
  '300×1',
  '300×2',
  '300×3',
  '300×4',
  '350×5',
  '30×6',
  '0×0',
  '1200×7',
)

const anyPolicy = {
  minAge: fc.constantFrom(0, 0, 0, 30),
  minSize: fc.constantFrom(0, 0, 0, 0, 200),
  quiet: fc.constantFrom(0, 0, 0, 0, 0, 15),
  allowEmpty: fc.boolean(),
}
const policyKeys = ['minAge', 'minSize', 'quiet', 'allowEmpty'] as const

const anyArchive = (most: number) =>
  fc
    .record(
      { ...anyPolicy, jobs: fc.integer({ min: 1, max: most }), delay: fc.constantFrom(0, 0, 0, 0, 7) },
      { requiredKeys: [...policyKeys, 'jobs'] },
    )
    .map(archive)
const anyRecall = (most: number) =>
  fc
    .record(
      {
        to: fc.constantFrom('volume', 'volume', 'copy'),
        verify: fc.boolean(),
        jobs: fc.integer({ min: 1, max: most }),
        only: fc.uniqueArray(anyName, { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: ['to', 'verify', 'jobs'] },
    )
    .map(recall)
const anyPlan = fc.record(anyPolicy).map(plan)
const anyBy = fc.constantFrom('locate', 'path', 'open', 'stream')
const anyRead = fc.tuple(anyName, anyBy).map(given => read(...given))

/** One job at a time: which step is the nth must not depend on who is faster. */
const anyDisturbed = fc.oneof(anyArchive(1), anyArchive(1), anyArchive(1), anyRecall(1), anyRead)
const anyStep = fc.oneof(fc.nat(12), fc.nat(60))

const anyHow = fc.constantFrom('other bytes', 'cut short')
const anyRival = fc.constantFrom(...RIVALS)
const anyMeanwhile = fc
  .tuple(anyStep, anyRival, fc.oneof(anyArchive(1), anyArchive(1), anyRecall(1)))
  .map(given => meanwhile(...given))

const anyCacheHarm = fc.constantFrom('emptied', 'removed', 'ledger lost', 'ledger overwritten')

/** Named as often as they should come among twenty or so. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  ...Array<fc.Arbitrary<Command>>(3).fill(fc.tuple(anyName, anyBytes).map(given => commit(...given))),
  ...Array<fc.Arbitrary<Command>>(3).fill(anyArchive(4)),
  fc.constant(commitAll()),
  fc.constant(commitAll()),
  ...Array<fc.Arbitrary<Command>>(3).fill(anyRead),
  anyBy.map(crawl),
  ...Array<fc.Arbitrary<Command>>(3).fill(fc.tuple(anyStep, anyDisturbed).map(given => crash(...given))),
  ...Array<fc.Arbitrary<Command>>(2).fill(fc.tuple(anyStep, anyDisturbed).map(given => outage(...given))),
  ...Array<fc.Arbitrary<Command>>(3).fill(anyMeanwhile),
  anyRecall(4),
  anyPlan,
  ...Array<fc.Arbitrary<Command>>(2).fill(fc.tuple(anyName, anyBytes).map(given => recommit(...given))),
  anyName.map(pack),
  fc.constantFrom(true, false, false).map(packing),
  fc.tuple(anyName, anyHow).map(given => damage(...given)),
  anyName.map(mark),
  fc.constant(indexLost()),
  anyCacheHarm.map(cacheHarmed),
  fc.tuple(fc.nat(16), anyCacheHarm, anyName, anyBy).map(given => spoilt(...given)),
  fc.constantFrom('slow', 'right', 'right', 'fast').map(clock),
  fc.constant(reboot()),
]
