import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { parseScheduleLease, SCHEDULE_PARTITION, SCHEDULE_SORT_KEY } from '../model/schedule-lease.ts'
import {
  latestRun,
  type OrderRow,
  parseVolumeRow,
  parseVolumeSortKey,
  type VolumeRowKind,
  type VolumeRowOf,
  type VolumeRows,
  volumePartition,
  volumeSortKey,
} from '../model/volume-row.ts'
import type { FleetIndex } from '../ports.ts'
import { ABSENT, absentOrUpTo, bodyOf, stillAt, writeSequence } from './dynamo-sequence.ts'
import { type Condition, type Item, openTable } from './dynamo-table.ts'
import { fromVolumeItem, groupByVolume, volumeKey } from './dynamo-volume-item.ts'
import { createRetry, type Retry } from './retry.ts'

const SCHEDULE_KEY: Item = { pk: { S: SCHEDULE_PARTITION }, sk: { S: SCHEDULE_SORT_KEY } }

/** What agents and the schedule tell each other, in the table of the index (docs/formats.md, "Index"). */
export function createDynamoFleet(
  tableName: string,
  client: DynamoDBClient,
  retry: Retry = createRetry(),
): FleetIndex {
  const table = openTable(tableName, client, retry)
  const scheduleSubject = `${table.subject}/${SCHEDULE_PARTITION}`

  async function writeRow<Kind extends VolumeRowKind>(
    kind: Kind,
    row: VolumeRowOf[Kind],
    sequence: number,
    condition: Condition,
  ): Promise<boolean> {
    const { database, volume } = row
    const checked = parseVolumeRow(kind, row, `${table.subject}/${volumeSortKey(volume, kind)}`)
    return writeSequence(table, volumeKey(database, volume, kind), { sequence, row: checked, condition })
  }

  async function readOne<Kind extends VolumeRowKind>(kind: Kind, database: string, volume: string) {
    const [item] = await table.get([volumeKey(database, volume, kind)])
    return item && fromVolumeItem(item, kind, { database, volume }, table.subject)
  }

  return {
    async read(database, volume) {
      const items = table.query({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :volume)',
        ExpressionAttributeValues: {
          ':pk': { S: volumePartition(database) },
          ':volume': { S: `${volume}#` },
        },
        ConsistentRead: true,
      })
      let rows: VolumeRows = { volume }
      for await (const item of items) {
        const kind = parseVolumeSortKey(item.sk?.S ?? '')?.kind
        if (kind) rows = { ...rows, [kind]: fromVolumeItem(item, kind, { database, volume }, table.subject) }
      }
      return rows
    },

    readLease: (database, volume) => readOne('lease', database, volume),
    readOrder: (database, volume) => readOne('order', database, volume),

    list(database) {
      const items = table.query({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: volumePartition(database) } },
        ConsistentRead: true,
      })
      return groupByVolume(items, database, table.subject)
    },

    writeLease: (before, after) => writeRow('lease', after, after.revision, stillAt(before?.revision)),
    writeSummary: row => writeRow('summary', row, row.term, absentOrUpTo(row.term)),
    writeOrder: row => writeRow('order', row, row.run, earlierThan(row)),

    async readScheduleLease() {
      const [item] = await table.get([SCHEDULE_KEY])
      return item && parseScheduleLease(bodyOf(item), scheduleSubject)
    },

    async writeScheduleLease(before, after) {
      const row = parseScheduleLease(after, scheduleSubject)
      const condition = stillAt(before?.revision)
      return writeSequence(table, SCHEDULE_KEY, { sequence: row.revision, row, condition })
    },
  }
}

/** A run of the far future, by whatever mistake, blocks no other. */
function earlierThan({ run, issuedAt }: OrderRow): Condition {
  const values = { ':sequence': { N: String(run) }, ':future': { N: String(latestRun(issuedAt)) } }
  return {
    ConditionExpression: `${ABSENT} OR #sequence < :sequence OR #sequence > :future`,
    ExpressionAttributeNames: { '#sequence': 'sequence' },
    ExpressionAttributeValues: values,
  }
}
