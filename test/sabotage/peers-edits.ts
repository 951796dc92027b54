import type { Sabotage } from './sabotage.ts'

/** Back to what others have lost by, and to what the exploration found. */

const PEERS = ['test/faults/peers-losses.test.ts']
const REPORTS = ['test/unit/judge-report.test.ts', 'test/unit/sweep-rules.test.ts']

export const PEERS_SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'what is uploaded and not committed yet is garbage, as for zodb-s3blobs (I4)',
    file: 'core/model/gc-rules.ts',
    find: 'return horizon === undefined || row.tid > horizon',
    put: 'return horizon === undefined',
    suites: PEERS,
  },
  {
    breaks: 'another database’s blobs under the same ref are marked, as by zodb-s3blobs (I9)',
    file: 'core/sweep-blob.ts',
    find: 'await ports.versions.mark(blobKey(ports.database, row))',
    put: "await ports.versions.mark(blobKey('other', row))",
    suites: PEERS,
  },
  {
    breaks: 'a list that is made twice confirms itself, as for JuiceFS (I4)',
    file: 'core/model/gc-rules.ts',
    find: "(horizonOf(report) ?? '') > (horizonOf(than) ?? 'g')",
    put: "(horizonOf(report) ?? '') >= (horizonOf(than) ?? 'g')",
    suites: PEERS,
  },
  {
    breaks: 'another form of the same refs makes garbage of everything, as for lakeFS (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (older > 0 && named === 0)',
    put: 'if (older > 0 && named < 0)',
    suites: PEERS,
  },
  {
    breaks: 'what a listing leaves out is dead, as nothing should be since restic (I4)',
    file: 'core/read-report.ts',
    find: 'if (fetched.size !== bytes || fetched.sha256 !== sha256) throw',
    put: 'if (fetched.size > bytes) throw',
    suites: PEERS,
  },
  {
    breaks: 'a tid that is given again takes the row of the blob that had it (I3)',
    file: 'core/archive.ts',
    find: '  if (present.sha256 !== row.sha256) throw rowConflict(row)\n',
    put: '',
    suites: PEERS,
  },
  {
    breaks: 'a restore that nobody told of is not noticed by what it makes alive (I4)',
    file: 'core/model/gc-rules.ts',
    find: "return named && row.state !== 'archived' && row.condemnedIn === report.generation",
    put: "return named && row.state === 'sweeping'",
    suites: PEERS,
  },
  {
    breaks: 'a report that was on its way ends the waiting for a person (I4)',
    file: 'core/model/judge-report.ts',
    find: 'if (other.storedAt <= (decidedAt ?? endedAt ?? storedAt)) return false',
    put: 'if ((other.decidedAt ?? 0) <= (decidedAt ?? endedAt ?? storedAt)) return false',
    suites: REPORTS,
  },
  {
    breaks: 'a report that is sent again ends the waiting for a person (I4)',
    file: 'core/model/judge-report.ts',
    find: ': isLater(other.report, report)\n',
    put: ': true\n',
    suites: REPORTS,
  },
  {
    breaks: 'what is swept goes by the report that was decided on last (I4)',
    file: 'core/model/judge-database.ts',
    find: 'b.storedAt > a.storedAt ? b : a',
    put: '(b.decidedAt ?? 0) > (a.decidedAt ?? 0) ? b : a',
    suites: REPORTS,
  },
  {
    breaks: 'the release delay is that of an object which is there no more (I1)',
    file: 'core/release.ts',
    find: 'Math.max(row.archivedAt, lastModified)',
    put: 'row.archivedAt',
    suites: ['test/flows/archive-release-recall.test.ts'],
  },
]
