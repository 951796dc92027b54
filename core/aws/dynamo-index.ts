import { DynamoDBClient, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { mergeSorted } from '../merge-sorted.ts'
import { allShards, type BlobRow, partitionKey, sortKey } from '../model/blob-row.ts'
import type { Config } from '../model/config.ts'
import type { Ref } from '../model/ref.ts'
import type { BlobIndex } from '../ports.ts'
import { fromItem, itemKey, toItem } from './dynamo-item.ts'
import { LARGEST_BATCH, openTable, saysNothing } from './dynamo-table.ts'
import { createRetry, type Retry } from './retry.ts'
import { TIME_OUTS } from './s3-client.ts'

const ATTEMPTS = 6
/** A listing holds a page of each partition: all of them together some ten megabytes. */
const ROWS_PER_PAGE = 250

const SAME = '#state = :state AND archivedAt = :archivedAt AND sha256 = :sha256'
const NOT_CONDEMNED = 'attribute_not_exists(condemnedBy)'
const CONDEMNED = 'condemnedBy = :report'

const GARBAGE_ONLY = {
  FilterExpression: '#state <> :archived',
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ':archived': { S: 'archived' } },
}

export function createDynamoClient(
  index: NonNullable<Config['index']>,
  bucket: Pick<Config['bucket'], 'region'>,
): DynamoDBClient {
  return new DynamoDBClient({
    region: index.region ?? bucket.region,
    ...(index.endpoint === undefined ? {} : { endpoint: index.endpoint }),
    maxAttempts: ATTEMPTS,
    requestHandler: { ...TIME_OUTS },
  })
}

/** The blob index in one DynamoDB table (docs/formats.md, "Index"): single-item conditional writes only. */
export function createDynamoIndex(
  tableName: string,
  client: DynamoDBClient,
  retry: Retry = createRetry(),
): BlobIndex {
  const table = openTable(tableName, client, retry)

  async function* listPartition(
    database: string,
    shard: number,
    more: Omit<QueryCommandInput, 'TableName'> = {},
  ): AsyncGenerator<BlobRow> {
    const items = table.query({
      KeyConditionExpression: 'pk = :pk',
      ...more,
      ExpressionAttributeValues: {
        ':pk': { S: partitionKey(database, shard) },
        ...more.ExpressionAttributeValues,
      },
    })
    for await (const item of items) yield fromItem(item, table.subject)
  }

  return {
    async find(database, refs) {
      const found = new Map<string, BlobRow>()
      for (let start = 0; start < refs.length; start += LARGEST_BATCH) {
        const batch = uniqueRefs(refs.slice(start, start + LARGEST_BATCH))
        for (const item of await table.get(batch.map(ref => itemKey(database, ref)))) {
          const row = fromItem(item, table.subject)
          found.set(row.oid + row.tid, row)
        }
      }
      return refs.map(ref => found.get(ref.oid + ref.tid))
    },

    async insert(row) {
      const condition = { ConditionExpression: 'attribute_not_exists(pk)' }
      const { written, present } = await table.put(toItem(row), condition)
      if (written) return undefined
      if (!present) throw saysNothing(table.subject)
      return fromItem(present, table.subject)
    },

    async replace(before, after) {
      const { written } = await table.put(toItem(after), {
        ConditionExpression: `${SAME} AND ${before.condemnedBy === undefined ? NOT_CONDEMNED : CONDEMNED}`,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':state': { S: before.state },
          ':archivedAt': { N: String(before.archivedAt) },
          ':sha256': { S: before.sha256 },
          ...(before.condemnedBy !== undefined && { ':report': { S: before.condemnedBy } }),
        },
      })
      return written
    },

    list: database =>
      mergeSorted(
        allShards().map(shard => listPartition(database, shard, { Limit: ROWS_PER_PAGE })),
        sortKey,
      ),

    listShard: (database, shard, only) =>
      listPartition(database, shard, only === undefined ? {} : GARBAGE_ONLY),
  }
}

/** DynamoDB refuses a batch that asks for the same key twice. */
function uniqueRefs(refs: readonly Ref[]): Ref[] {
  return [...new Map(refs.map(ref => [ref.oid + ref.tid, ref])).values()]
}
