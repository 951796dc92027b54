import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  parseReportRow,
  type ReportRow,
  reportPartition,
  type ShardRow,
  SWEEP_PARTITION,
  SWEEP_SORT_KEY,
  shardPartition,
  shardSortKey,
} from '../model/report-row.ts'
import type { ReportIndex } from '../ports.ts'
import { absentOrUpTo, bodyOf, stillAt, writeSequence } from './dynamo-sequence.ts'
import { type Item, openTable } from './dynamo-table.ts'
import { createRetry, type Retry } from './retry.ts'

const reportKey = ({ database, report }: Pick<ReportRow, 'database' | 'report'>): Item => ({
  pk: { S: reportPartition(database) },
  sk: { S: report },
})
const shardKey = ({ database, report, ...row }: ShardRow): Item => ({
  pk: { S: shardPartition(database, report) },
  sk: { S: shardSortKey(row) },
})
interface RowOf {
  report: ReportRow
  shard: ShardRow
}
const KEYS: { [Kind in keyof RowOf]: (row: RowOf[Kind]) => Item } = { report: reportKey, shard: shardKey }

const SWEEP_KEY: Item = { pk: { S: SWEEP_PARTITION }, sk: { S: SWEEP_SORT_KEY } }
/** A shard's row has no condition: worked off again, it is what it is then. */
const ONLY_SEQUENCE = 0

/** What garbage collection knows of live reports, in the table of the index (docs/formats.md, "Index"). */
export function createDynamoReports(
  tableName: string,
  client: DynamoDBClient,
  retry: Retry = createRetry(),
): ReportIndex {
  const table = openTable(tableName, client, retry)
  const subjectOf = ({ pk, sk }: Item) => `${table.subject}/${pk?.S}/${sk?.S}`

  /** A row under the key of another is as unreadable as one of an unknown format (I9). */
  function rowOf<Kind extends keyof typeof KEYS>(kind: Kind, item: Item): RowOf[Kind] {
    const row = parseReportRow(kind, bodyOf(item), subjectOf(item))
    const own = subjectOf(KEYS[kind](row)) === subjectOf(item)
    return own ? row : parseReportRow(kind, undefined, subjectOf(item))
  }

  async function rowsOf<Kind extends keyof typeof KEYS>(kind: Kind, items: AsyncIterable<Item>) {
    const rows: RowOf[Kind][] = []
    for await (const item of items) rows.push(rowOf(kind, item))
    return rows
  }

  return {
    async read(database, report) {
      const [item] = await table.get([reportKey({ database, report })])
      return item && rowOf('report', item)
    },

    list(database) {
      const items = table.query({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: reportPartition(database) } },
        ConsistentRead: true,
      })
      return rowsOf('report', items)
    },

    async write(before, after) {
      const key = reportKey(after)
      const row = parseReportRow('report', after, subjectOf(key))
      const condition = stillAt(before?.revision)
      return writeSequence(table, key, { sequence: row.revision, row, condition })
    },

    readShards(database, report, phase) {
      const items = table.query({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :phase)',
        ExpressionAttributeValues: {
          ':pk': { S: shardPartition(database, report) },
          ':phase': { S: `${phase}#` },
        },
        ConsistentRead: true,
      })
      return rowsOf('shard', items)
    },

    async writeShard(shard) {
      const key = shardKey(shard)
      const row = parseReportRow('shard', shard, subjectOf(key))
      const condition = absentOrUpTo(ONLY_SEQUENCE)
      await writeSequence(table, key, { sequence: ONLY_SEQUENCE, row, condition })
    },

    async readSweepLease() {
      const [item] = await table.get([SWEEP_KEY])
      return item && parseReportRow('lease', bodyOf(item), subjectOf(SWEEP_KEY))
    },

    async writeSweepLease(before, after) {
      const row = parseReportRow('lease', after, subjectOf(SWEEP_KEY))
      const condition = stillAt(before?.revision)
      return writeSequence(table, SWEEP_KEY, { sequence: row.revision, row, condition })
    },
  }
}
