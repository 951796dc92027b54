import { judgeRow, judgeSweep } from '../../../core/model/gc-rules.ts'
import { judgeDatabase } from '../../../core/model/judge-database.ts'
import { latestOf } from '../../../core/model/judge-report.ts'
import { blobKey, horizonOf } from '../../../core/model/key.ts'
import type { ReportRow } from '../../../core/model/report-row.ts'
import { settleCounted } from '../../../core/model/settle-report.ts'
import { type Bounds, RULES, type Rules } from './rules.ts'
import type { SceneName } from './scenes.ts'
import { CONFIRMED, PACKED } from './starts.ts'
import type { State } from './state.ts'

/** Rules as others have them, or as ours could be by a slip. The exploration of that scene has to find what each of them loses. */
export interface WrongRule {
  readonly scene: SceneName
  readonly rules: Partial<Rules>
  readonly start?: State
  readonly bounds?: Partial<Bounds>
}

const done = (rows: readonly ReportRow[]) => rows.filter(({ state }) => state === 'done')
/** As if it was stored after all others. */
const storedLast: Rules['judgeTime'] = (row, others, rules) => {
  const last = { ...row, storedAt: Number.POSITIVE_INFINITY }
  return RULES.judgeTime(last, others, rules)
}
const LATER: State = { ...PACKED, database: { ...PACKED.database, last: PACKED.database.last + 1 } }
const FRESH: State = {
  ...CONFIRMED,
  reports: CONFIRMED.reports.map(report => ({ ...report, aged: false })),
}
const LAST = `${'f'.repeat(16)}-${'f'.repeat(16)}`
/** Sweeps whatever is not held. */
const unheld: Rules['judgeDatabase'] = (rows, { generation }) => {
  const latest = latestOf(done(rows).filter(row => row.generation === generation))
  return latest ? { latest } : { hold: 'no report', reports: [] }
}

export const WRONG_RULES: Record<string, WrongRule> = {
  'condemns what is younger than the snapshot': {
    scene: 'a report that comes piece by piece',
    rules: { judgeRow: (row, named, report) => judgeRow(row, named, { ...report, report: LAST }) },
  },
  'takes a part that is not there for an empty one': {
    scene: 'a report that comes piece by piece',
    rules: {
      missingPart: 'empty',
      judgeRow: (row, named, report) => judgeRow(row, named && false, report),
    },
  },
  'revives what is swept without its bytes': {
    scene: 'a restore that is told',
    rules: {
      judgeRow: (row, named, report) =>
        named && row.state === 'swept' ? 'revived' : judgeRow(row, named, report),
    },
  },
  'sweeps by a mark of another generation': {
    scene: 'a restore that is told',
    rules: {
      judgeDatabase: rows => {
        const latest = latestOf(done(rows))
        return latest ? { latest } : { hold: 'no report', reports: [] }
      },
      judgeSweep: (row, named, rules) =>
        judgeSweep(row, named, {
          ...rules,
          generation: row.condemnedIn ?? '',
          latest: { ...rules.latest, generation: row.condemnedIn ?? '' },
        }),
    },
  },
  'follows a report of another generation': {
    scene: 'a restore that is told',
    rules: { judgeTime: () => [], judgeGoingOn: () => [], judgeDatabase: unheld },
  },
  'reads the generation after the snapshot': {
    scene: 'a restore that is told',
    rules: { generationRead: 'after the snapshot' },
    bounds: { pieces: true },
  },
  'sweeps without a second report': {
    scene: 'a wrong report',
    rules: {
      judgeSweep: (row, named, rules) =>
        judgeSweep(row, named, { ...rules, latest: { ...rules.latest, report: LAST } }),
    },
  },
  'takes a report that is sent again for a second one': {
    scene: 'a wrong report',
    rules: {
      judgeSweep: (row, named, rules) => {
        const { condemnedBy = '' } = row
        const other = rules.latest.report !== condemnedBy
        const same = horizonOf(rules.latest.report) === horizonOf(condemnedBy)
        const latest = other && same ? { ...rules.latest, report: LAST } : rules.latest
        return judgeSweep(row, named, { ...rules, latest })
      },
    },
  },
  'sweeps within the grace': {
    scene: 'a restore that nobody tells of',
    rules: { judgeSweep: (row, named, rules) => judgeSweep(row, named, { ...rules, grace: 0 }) },
    start: FRESH,
    bounds: { reports: 2, without: ['undeleter', 'archiver', 'resender', 'clerk'] },
  },
  'sweeps while a report waits for a person': {
    scene: 'a restore that nobody tells of',
    rules: { judgeDatabase: unheld },
  },
  'ends the waiting by a report that was decided on later': {
    scene: 'a restore that nobody tells of',
    rules: {
      judgeDatabase: (rows, rules) => {
        const last = Math.max(0, ...done(rows).map(({ decidedAt = 0 }) => decidedAt))
        return judgeDatabase(
          rows.filter(({ state, endedAt = last }) => state === 'done' || endedAt > last),
          rules,
        )
      },
    },
  },
  'follows what was stored before the last, and sweeps by it': {
    scene: 'a restore that nobody tells of',
    rules: {
      judgeTime: storedLast,
      judgeDatabase: (rows, rules) => {
        const verdict = judgeDatabase(rows, rules)
        return 'hold' in verdict ? verdict : { latest: latestOf(done(rows)) ?? verdict.latest }
      },
    },
    start: LATER,
    bounds: { without: ['writer', 'grace', 'undeleter', 'archiver', 'resender', 'clerk'] },
  },
  'follows what contradicts an earlier report': {
    scene: 'a copy that reports as if it were the database',
    rules: {
      settleCounted: (row, shards, by) =>
        settleCounted(
          row,
          shards.map(shard => ({ ...shard, counts: { ...shard.counts, contradicting: 0 } })),
          by,
        ),
    },
  },
  'writes a row whoever condemned it meanwhile': {
    scene: 'a restore that is told',
    rules: { isUnchanged: (before, present) => before.state === present.state },
    bounds: { atOnce: 2 },
  },
  'writes a row whatever it is by now': {
    scene: 'a restore that is told',
    rules: { isUnchanged: () => true },
    bounds: { atOnce: 2 },
  },
  'lets another sweeper begin while a dead one might live': {
    scene: 'archiver against sweeper',
    rules: { sweepsAlone: false },
    bounds: { reports: 3 },
  },
  'releases at once': { scene: 'archiver against sweeper', rules: { releaseWaits: 'never' } },
  'believes what it saw before a marker came': {
    scene: 'archiver against sweeper',
    rules: { archiverLooksAgain: false },
  },
  'undeletes while the sweeper might live': {
    scene: 'archiver against sweeper',
    rules: {
      planUndelete: (row, now, keeping) => RULES.planUndelete(row, now + 86_400_000, keeping),
    },
  },
  'says archived before the bytes are there': {
    scene: 'a restore that is told',
    rules: { undeleteEnds: 'with the row' },
  },
  'marks the key that another database has': {
    scene: 'a restore that is told',
    rules: { blobKey: (_, ref) => blobKey('other', ref) },
  },
}
