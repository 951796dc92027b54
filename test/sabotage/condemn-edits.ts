import type { Sabotage } from './sabotage.ts'

/** Of the condemner. */

const RULES = [
  'test/unit/gc-rules.test.ts',
  'test/unit/judge-report.test.ts',
  'test/unit/settle-report.test.ts',
]
const CONDEMN = ['test/flows/condemn*.test.ts']
const CORRUPTED = ['test/faults/corrupted-reports.test.ts']
const REPEATS = ['test/faults/condemn-crash.test.ts', 'test/faults/condemn-repeats.test.ts']

export const CONDEMN_SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'what was written after the snapshot of a report is condemned by it (I4)',
    file: 'core/model/gc-rules.ts',
    find: "  if (isYounger(row, report)) return 'young'\n",
    put: '',
    suites: RULES,
  },
  {
    breaks: 'a report of another generation is followed (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (generation !== rules.generation)',
    put: 'if (generation === undefined)',
    suites: RULES,
  },
  {
    breaks: 'a report is followed that is older than the last one (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (later) return',
    put: 'if (later && storedAt === 0) return',
    suites: RULES,
  },
  {
    breaks: 'a report is followed though one that was stored later was followed before (I4)',
    file: 'core/model/judge-report.ts',
    find: 'other.storedAt > storedAt)',
    put: 'other.storedAt > Infinity)',
    suites: RULES,
  },
  {
    breaks: 'a report is followed that is from the future: what is committed later would not be young (I4)',
    file: 'core/model/judge-report.ts',
    find: '  if (isFuture(row))\n',
    put: '  if (generation === undefined)\n',
    suites: RULES,
  },
  {
    breaks: 'a report from the future holds sweeping until then',
    file: 'core/model/judge-report.ts',
    find: 'return isFuture(row) ? ',
    put: "return row.state === 'counting' ? ",
    suites: RULES,
  },
  {
    breaks: 'a report goes on condemning by its old decision once a later one is done (I4)',
    file: 'core/model/settle-report.ts',
    find: '  return judgeAge(row, done)\n',
    put: '  return done.length < 0 ? judgeAge(row, done) : []\n',
    suites: RULES,
  },
  {
    breaks: 'a report is followed that contradicts what was condemned (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (counts.contradicting > 0)',
    put: 'if (counts.contradicting < 0)',
    suites: RULES,
  },
  {
    breaks: 'a report is followed that names nothing of the index (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (older > 0 && named === 0)',
    put: 'if (older < 0)',
    suites: RULES,
  },
  {
    breaks: 'a report is followed that condemns nearly everything (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (counts.condemned > largestShare * archived)',
    put: 'if (counts.condemned > archived)',
    suites: RULES,
  },
  {
    breaks: 'a part that is not what the manifest says is left out of the judgement (I4)',
    file: 'core/condemn/count-shard.ts',
    find: 'return { counts: NO_COUNTS, reason: error.reason }',
    put: 'return { counts: NO_COUNTS }',
    suites: CORRUPTED,
  },
  {
    breaks: 'a part that is missing is taken for an empty one (I4)',
    file: 'core/read-report.ts',
    find: "if (!found) throw new ReportRefused('incomplete', 'a part of it is not there', key)",
    put: "if (!found) return { size: most, sha256: '' }",
    suites: CORRUPTED,
  },
  {
    breaks: 'the bytes of a part are not compared with the manifest (I4)',
    file: 'core/read-report.ts',
    find: 'if (fetched.size !== bytes || fetched.sha256 !== sha256)',
    put: 'if (fetched.size > bytes)',
    suites: CORRUPTED,
  },
  {
    breaks: "another database's manifest is followed under our name (I9)",
    file: 'core/read-report.ts',
    find: 'if (manifest.database !== database || manifest.report !== report)',
    put: 'if (manifest.report === undefined)',
    suites: CORRUPTED,
  },
  {
    breaks: 'a manifest that was replaced meanwhile is followed (I4)',
    file: 'core/condemn/condemner.ts',
    find: '  if (found.sha256 !== manifestSha256) throw repeated(key)\n',
    put: '',
    suites: CONDEMN,
  },
  {
    breaks: 'a manifest that comes again with other content is passed over in silence',
    file: 'core/condemn/arrival.ts',
    find: 'if (present.manifestSha256 !== arrived.manifestSha256)',
    put: 'if (present.report !== arrived.report)',
    suites: CONDEMN,
  },
  {
    breaks: 'what was approved is followed though it has become older meanwhile (I4)',
    file: 'core/model/settle-report.ts',
    find: '  if (place.length > 0) return refuse(row, place, now)\n',
    put: '',
    suites: RULES,
  },
  {
    breaks: 'a report is followed on into another generation (I4)',
    file: 'core/condemn/condemn-shard.ts',
    find: '  if (reasons.length > 0) return { reasons }\n',
    put: '',
    suites: CONDEMN,
  },
  {
    breaks: 'an outage refuses a report (I11)',
    file: 'core/condemn/condemn-shard.ts',
    find: 'if (error instanceof ReportRefused) return { reasons: [error.reason] }',
    put: 'if (error) return { reasons: [] }',
    suites: CONDEMN,
  },
  {
    breaks: 'whoever dies after its decision leaves the report undone for good (I8)',
    file: 'core/condemn/count-shard.ts',
    find: "  if (row?.state === 'condemning') await sendWork(condemner, row, 'condemn')\n",
    put: '',
    suites: REPEATS,
  },
  {
    breaks: 'whoever dies after its first write leaves the report uncounted for good (I8)',
    file: 'core/condemn/arrival.ts',
    find: "if (row?.state !== 'counting') return changed",
    put: "if (row?.state !== 'counting' || !changed) return changed",
    suites: REPEATS,
  },
  {
    breaks: 'whoever dies after a verdict leaves it unfollowed for good (I8)',
    file: 'core/condemn/verdict.ts',
    find: "if (row?.state === 'condemning' && row.approved)",
    put: 'if (changed && row?.approved)',
    suites: REPEATS,
  },
  {
    breaks: 'a row that somebody else changed meanwhile is counted and left (I4)',
    file: 'core/condemn/follow-row.ts',
    find: '    verdict = judgeRow(row, named, report)\n',
    put: '    return { row, verdict, named }\n',
    suites: CONDEMN,
  },
  {
    breaks: 'a row is condemned over what somebody else did to it meanwhile (I4)',
    file: 'core/condemn/follow-row.ts',
    find: '    row = found\n',
    put: '    row = { ...found, state: row.state }\n',
    suites: CONDEMN,
  },
]
