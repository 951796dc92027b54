import fc from 'fast-check'
import type { Command } from './command.ts'
import { commit, damage, mark, pack, packing, pin, read, recall } from './deeds.ts'
import { beats, crashes, ends, lives, MEANWHILES, pauses, works } from './lives.ts'
import {
  AGES,
  type Age,
  DATABASES,
  HOST_NAMES,
  POLICIES,
  type PolicyName,
  SIZES,
  VOLUME_NAMES,
} from './oracle.ts'
import { schedule, scheduleAtOnce, scheduleDies, scheduleTwice } from './schedules.ts'
import {
  CLOCK_NAMES,
  clock,
  DURATION_NAMES,
  indexLost,
  pass,
  policy,
  replicated,
  weather,
} from './surroundings.ts'

/** The shared volume is where most can happen. */
const anyVolume = fc.constantFrom(...VOLUME_NAMES, 'main/shared' as const, 'main/shared' as const)
const anyHost = fc.constantFrom(...HOST_NAMES, 'web1' as const, 'web1' as const, 'web2' as const)
const anyDatabase = fc.constantFrom(...DATABASES, 'main' as const)
const anyAge = fc.constantFrom('old' as const, 'old' as const, ...(Object.keys(AGES) as Age[]))
const anySize = fc.constantFrom(...SIZES)
const anyBlob = fc.nat(11)
const anyStep = fc.oneof(fc.nat(12), fc.nat(60), fc.nat(120))
const anyPolicy = fc.constantFrom(...(Object.keys(POLICIES) as PolicyName[]))
const anyWeather = fc.tuple(
  fc.constantFrom('bucket' as const, 'index' as const),
  fc.constantFrom('SERVER_UNREACHABLE' as const, 'SERVER_BUSY' as const),
  fc.constantFrom('call' as const, 'answer' as const),
  fc.integer({ min: 1, max: 8 }),
  fc.nat(12),
)
const anyMeanwhile = fc.uniqueArray(fc.constantFrom(...MEANWHILES), { minLength: 1, maxLength: 3 })

const often = (times: number, arbitrary: fc.Arbitrary<Command>) =>
  Array<fc.Arbitrary<Command>>(times).fill(arbitrary)

/** Named as often as they should come among fifty or so. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  ...often(
    6,
    fc.tuple(anyVolume, anyAge, anySize).map(given => commit(...given)),
  ),
  ...often(8, anyHost.map(lives)),
  ...often(2, anyHost.map(beats)),
  anyHost.map(works),
  ...often(4, fc.constant(schedule())),
  fc.constant(scheduleTwice()),
  ...often(
    2,
    fc.nat(24).map(at => scheduleAtOnce(at)),
  ),
  ...often(2, fc.nat(24).map(scheduleDies)),
  ...often(6, fc.constantFrom(...DURATION_NAMES).map(pass)),
  ...often(
    4,
    fc.tuple(anyHost, anyStep, fc.constantFrom('kept', 'kept', 'lost')).map(given => crashes(...given)),
  ),
  ...often(
    5,
    fc.tuple(anyHost, anyStep, anyMeanwhile).map(([host, at, all]) => pauses(host, at, ...all)),
  ),
  ...often(
    2,
    fc.tuple(anyHost, fc.constantFrom('right', 'right', ...CLOCK_NAMES)).map(given => clock(...given)),
  ),
  ...often(
    2,
    anyWeather.map(given => weather(...given)),
  ),
  ...often(
    2,
    fc.tuple(anyDatabase, anyPolicy).map(given => policy(...given)),
  ),
  anyHost.map(ends),
  anyBlob.map(pack),
  fc.tuple(anyVolume, fc.constantFrom(true, false, false)).map(given => packing(...given)),
  anyBlob.map(pin),
  anyBlob.map(recall),
  anyBlob.map(read),
  fc.constantFrom('pending', 'completed', 'completed').map(replicated),
  fc.constant(indexLost()),
]

/** What somebody does who should not; a run in which that happens proves less. */
export const HARM: fc.Arbitrary<Command>[] = [anyBlob.map(damage), anyBlob.map(mark)]
