import {
  type AttributeValue,
  BatchGetItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { mergeSorted } from '../merge-sorted.ts'
import { allShards, type BlobRow, partitionKey, sortKey } from '../model/blob-row.ts'
import type { Config } from '../model/config.ts'
import { BlobUnavailable } from '../model/errors.ts'
import type { Ref } from '../model/ref.ts'
import type { BlobIndex } from '../ports.ts'
import { fromItem, itemKey, toItem } from './dynamo-item.ts'
import { createRetry, type Retry } from './retry.ts'
import { TIME_OUTS } from './s3-client.ts'
import { hasName, translateError } from './translate-error.ts'

const ATTEMPTS = 6
/** DynamoDB's limit for one BatchGetItem. */
const LARGEST_BATCH = 100
/** A listing holds a page of each partition: all of them together some ten megabytes. */
const ROWS_PER_PAGE = 250

export function createDynamoClient(
  index: NonNullable<Config['index']>,
  bucket: Config['bucket'],
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
  table: string,
  client: DynamoDBClient,
  retry: Retry = createRetry(),
): BlobIndex {
  const subject = `dynamodb:${table}`
  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw translateError(error, subject)
    }
  }

  async function getBatch(database: string, refs: readonly Ref[]): Promise<BlobRow[]> {
    const rows: BlobRow[] = []
    let keys: Record<string, AttributeValue>[] = refs.map(ref => itemKey(database, ref))
    for (let attempts = 1; keys.length > 0; attempts += 1) {
      const request = { RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }
      const answer = await translated(client.send(new BatchGetItemCommand(request)))
      if (answer.Responses === undefined) throw saysNothing(subject)
      for (const item of answer.Responses[table] ?? []) rows.push(fromItem(item, subject))
      const left = answer.UnprocessedKeys?.[table]?.Keys ?? []
      if (left.length < keys.length) attempts = 1
      if (left.length > 0 && !(await retry.again(attempts))) throw throttled(subject)
      keys = left
    }
    return rows
  }

  async function* listShard(partition: string): AsyncGenerator<BlobRow> {
    let start: Record<string, AttributeValue> | undefined
    do {
      const query = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partition } },
        ExclusiveStartKey: start,
        Limit: ROWS_PER_PAGE,
      })
      const page = await translated(client.send(query))
      if (page.Items === undefined) throw saysNothing(subject)
      for (const item of page.Items) yield fromItem(item, subject)
      start = page.LastEvaluatedKey
    } while (start !== undefined)
  }

  return {
    async find(database, refs) {
      const found = new Map<string, BlobRow>()
      for (let start = 0; start < refs.length; start += LARGEST_BATCH) {
        const rows = await getBatch(database, uniqueRefs(refs.slice(start, start + LARGEST_BATCH)))
        for (const row of rows) found.set(row.oid + row.tid, row)
      }
      return refs.map(ref => found.get(ref.oid + ref.tid))
    },

    async insert(row) {
      const command = new PutItemCommand({
        TableName: table,
        Item: toItem(row),
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      try {
        await client.send(command)
        return undefined
      } catch (error) {
        if (!hasName(error, 'ConditionalCheckFailedException')) throw translateError(error, subject)
        const { Item } = error as { Item?: Record<string, AttributeValue> }
        if (Item) return fromItem(Item, subject)
        // Not every server returns the old row.
        const [present] = await getBatch(row.database, [row])
        if (!present) throw saysNothing(subject)
        return present
      }
    },

    async replace(before, after) {
      const command = new PutItemCommand({
        TableName: table,
        Item: toItem(after),
        ConditionExpression: '#state = :state AND archivedAt = :archivedAt AND sha256 = :sha256',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':state': { S: before.state },
          ':archivedAt': { N: String(before.archivedAt) },
          ':sha256': { S: before.sha256 },
        },
      })
      try {
        await client.send(command)
        return true
      } catch (error) {
        if (hasName(error, 'ConditionalCheckFailedException')) return false
        throw translateError(error, subject)
      }
    },

    list: database =>
      mergeSorted(
        allShards().map(shard => listShard(partitionKey(database, shard))),
        sortKey,
      ),
  }
}

function throttled(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_BUSY', 'the table answers a part of what it is asked, or nothing', {
    subject,
    hint: 'nothing is lost; run it again later, with fewer jobs at a time',
  })
}

/** DynamoDB refuses a batch that asks for the same key twice. */
function uniqueRefs(refs: readonly Ref[]): Ref[] {
  return [...new Map(refs.map(ref => [ref.oid + ref.tid, ref])).values()]
}

/** What is not even an empty list comes from no DynamoDB, and a row it does not name may still be there (I11). */
function saysNothing(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_FAILED', 'the answer says nothing of rows', {
    subject,
    hint: 'run it again; if it stays, check index.endpoint and the proxy settings of this host',
  })
}
