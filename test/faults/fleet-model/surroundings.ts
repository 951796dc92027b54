import { DAY } from '../../../core/model/quantity.ts'
import { type Command, command } from './command.ts'
import { type Database, HOUR, type HostName, MINUTE, POLICIES, type PolicyName } from './oracle.ts'
import type { Weather } from './ports.ts'

/** What happens around the processes. */

const DURATIONS = {
  minute: MINUTE,
  '5 minutes': 5 * MINUTE,
  '40 minutes': 40 * MINUTE,
  hour: HOUR,
  '8 days': 8 * DAY,
  '31 days': 31 * DAY,
} as const
export type Duration = keyof typeof DURATIONS
export const DURATION_NAMES = Object.keys(DURATIONS) as Duration[]

export const pass = (duration: Duration): Command =>
  command(`pass('${duration}')`, world => world.pass(DURATIONS[duration]))

const CLOCKS = {
  right: 0,
  'a year slow': -365 * DAY,
  'half an hour fast': HOUR / 2,
  'a year fast': 365 * DAY,
} as const
export type Clock = keyof typeof CLOCKS
export const CLOCK_NAMES = Object.keys(CLOCKS) as Clock[]

export const clock = (host: HostName, shows: Clock): Command =>
  command(`clock('${host}', '${shows}')`, world => {
    world.ahead[host] = CLOCKS[shows]
  })

/** So many calls fail, after so many that do not. */
export const weather = (
  port: Weather['port'],
  code: Weather['code'],
  at: Weather['at'],
  left: number,
  spared = 0,
): Command =>
  command(`weather('${port}', '${code}', '${at}', ${left}, ${spared})`, world => {
    world.weather = { port, code, at, left, spared }
  })

export const indexLost = (): Command => command('indexLost()', ({ index }) => index.rows.clear())

export const policy = (database: Database, name: PolicyName): Command =>
  command(`policy('${database}', '${name}')`, ({ oracle, policy }) => {
    oracle.policies[database] = name
    policy.databases = { ...policy.databases, [database]: POLICIES[name] }
  })

export const replicated = (status: 'pending' | 'completed'): Command =>
  command(`replicated('${status}')`, world => {
    world.bucket.replicate(status)
    world.replication = status
  })
