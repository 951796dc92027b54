import type { Sabotage } from './sabotage.ts'

const READING = ['test/unit/read-report.test.ts']
const SENDING = ['test/unit/live-report.test.ts', 'test/unit/report-text.test.ts']
const AGENT = ['test/flows/agent-reports.test.ts']

/** What makes a live report whole, or none. */
export const REPORT_SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'a part is believed in whatever order its records are (I4)',
    file: 'core/records/require-part.ts',
    find: 'compareRecords(last, 0, words, at) >= 0',
    put: 'compareRecords(last, 0, words, at) > 1',
    suites: READING,
  },
  {
    breaks: 'a part may hold records of another (I4)',
    file: 'core/records/require-part.ts',
    find: 'if (shardOfRecord(words, at) !== shard)',
    put: 'if (shard < 0)',
    suites: READING,
  },
  {
    breaks: 'bytes that are spoiled on their way refuse a report (I11)',
    file: 'core/read-report.ts',
    find: 'throw second.sha256 === first.sha256',
    put: 'throw second.sha256 !== undefined',
    suites: READING,
  },
  {
    breaks: 'who asks out of order is told that nothing is named (I4)',
    file: 'core/records/named.ts',
    find: 'if (compareRecords(asked, 0, before, 0) < 0)',
    put: 'if (compareRecords(asked, 0, before, 0) > 1)',
    suites: READING,
  },
  {
    breaks: 'a list that is cut off is a report (I4)',
    file: 'core/records/report-text.ts',
    find: 'else if (rest.length > 0 || reading.told === undefined)',
    put: 'else if (rest.length > 0)',
    suites: SENDING,
  },
  {
    breaks: 'a list that lost lines is a report (I4)',
    file: 'core/records/report-text.ts',
    find: 'if (Number(told) !== reading.lines)',
    put: 'if (Number(told) < reading.lines)',
    suites: SENDING,
  },
  {
    breaks: 'a revision of the far future makes garbage of all that is written until then (I4)',
    file: 'core/live-report.ts',
    find: 'if (tidToTime(horizon) <= now + AHEAD) return horizon',
    put: 'if (now > 0) return horizon',
    suites: SENDING,
  },
  {
    breaks: 'an interrupted report gets its manifest (I8)',
    file: 'core/send-parts.ts',
    find: '  signal?.throwIfAborted()\n',
    put: '',
    suites: SENDING,
  },
  {
    breaks: 'other bytes under the name of a part are taken for its own (I3)',
    file: 'core/send-parts.ts',
    find: "if (put.outcome === 'stored' && put.vouched) return",
    put: 'if (put) return',
    suites: SENDING,
  },
  {
    breaks: 'the merge of many runs loses the last record of one (I4)',
    file: 'core/records/merge-runs.ts',
    find: 'if (cursor.ended) removeFirst(heap)',
    put: 'if (cursor.ended || cursor.position === cursor.last) removeFirst(heap)',
    suites: SENDING,
  },
  {
    breaks: 'an agent that only reads sends reports',
    file: 'client/agent/databases.ts',
    find: 'origin: readOnly ? undefined : origin',
    put: 'origin',
    suites: AGENT,
  },
]
