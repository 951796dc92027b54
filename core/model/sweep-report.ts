import type { Tally } from './archive-policy.ts'
import type { SweepVerdict } from './gc-rules.ts'
import type { SweepHold } from './judge-database.ts'
import type { MetricName } from './metric-names.ts'

/** What is not as it should be, so that nothing more of a database is swept before somebody looked. */
export type Oddity =
  /** There is no current object, and no run has marked one. */
  | 'no object'
  /** The object is not the one of the row. */
  | 'another object'
  /** The bucket keeps no versions, or does not name them. */
  | 'no versions'
  /** The object is still current after its marker was placed. */
  | 'still there'
  /** Under the marker there is no version to undelete. */
  | 'no version left'
  /** What is stored of the last report is not what was followed. */
  | 'damaged report'

/**
 * Why a run left a database: `worked off`, with all that was due · `budget spent` · `held`: nothing of it is swept now · `changed`: its
 * reports did meanwhile · `odd`: a person has to look · `out of time` · `failed`: an outage.
 */
type SweepEnd = 'worked off' | 'budget spent' | 'held' | 'changed' | 'odd' | 'out of time' | 'failed'

/** What a run did about one database, and why not more. */
export interface DatabaseSweep {
  readonly database: string
  ended: SweepEnd
  hold?: SweepHold
  /** The reports that hold it, or the one it was swept by. */
  reports: readonly string[]
  /** Of an outage: its code and what was said. */
  told?: string
  /** Rows of garbage, as they were judged; of a database that is held none. */
  readonly verdicts: Partial<Record<SweepVerdict, Tally>>
  /** How many were begun; of those that were not swept the rest tells. */
  begun: number
  readonly swept: Tally
  /** Left by a run that did not end, and condemned again. */
  takenBack: number
  /** Somebody else was first: looked at again by the next run. */
  changed: number
  /** Condemned in the deployed generation, and not swept. */
  awaiting: number
  /** Named by the last report, and swept: a person has to undelete them. */
  sweptAlive: number
  openReports: number
  readonly oddities: { readonly subject: string; readonly oddity: Oddity }[]
  /** Whether a marker was asked for without an answer: it may still be placed. */
  uncertain: boolean
}

export function beginSweep(database: string): DatabaseSweep {
  return {
    database,
    ended: 'worked off',
    reports: [],
    verdicts: {},
    begun: 0,
    swept: { blobs: 0, bytes: 0 },
    takenBack: 0,
    changed: 0,
    awaiting: 0,
    sweptAlive: 0,
    openReports: 0,
    oddities: [],
    uncertain: false,
  }
}

export function sweepMetrics(sweeps: readonly DatabaseSweep[]): Partial<Record<MetricName, number>> {
  const sum = (of: (sweep: DatabaseSweep) => number) => sweeps.reduce((total, each) => total + of(each), 0)
  return {
    SweptBlobs: sum(({ swept }) => swept.blobs),
    SweptBytes: sum(({ swept }) => swept.bytes),
    AwaitingSweep: sum(({ awaiting }) => awaiting),
    SweepOddities: sum(({ oddities }) => oddities.length),
    OpenReports: sum(({ openReports }) => openReports),
    SweptAliveBlobs: sum(({ sweptAlive }) => sweptAlive),
  }
}
