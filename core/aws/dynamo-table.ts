import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb'
import { BlobUnavailable } from '../model/errors.ts'
import type { Retry } from './retry.ts'
import { hasName, translateError } from './translate-error.ts'

export type Item = Readonly<Record<string, AttributeValue>>

export type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>

/** DynamoDB's limit for one BatchGetItem. */
export const LARGEST_BATCH = 100

/** The three requests that the roles may send, with errors of ours (I11). */
export interface DynamoTable {
  /** What errors are about. */
  readonly subject: string
  /** As of now; in no order, and without what is not there. LARGEST_BATCH keys at the most, none of them twice. */
  get(keys: readonly Item[]): Promise<Item[]>
  /** Page by page, in the order of the sort keys. */
  query(question: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Item>
  /** Whether the condition held, so that it was written; and if not, what is there. */
  put(item: Item, condition: Condition): Promise<{ written: boolean; present?: Item | undefined }>
}

export function openTable(table: string, client: DynamoDBClient, retry: Retry): DynamoTable {
  const subject = `dynamodb:${table}`
  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw translateError(error, subject)
    }
  }

  async function get(wanted: readonly Item[]): Promise<Item[]> {
    const items: Item[] = []
    let keys = [...wanted]
    for (let attempts = 1; keys.length > 0; attempts += 1) {
      const request = { RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }
      const answer = await translated(client.send(new BatchGetItemCommand(request)))
      if (answer.Responses === undefined) throw saysNothing(subject)
      items.push(...(answer.Responses[table] ?? []))
      const left = answer.UnprocessedKeys?.[table]?.Keys ?? []
      if (left.length < keys.length) attempts = 1
      if (left.length > 0 && !(await retry.again(attempts))) throw throttled(subject)
      keys = left
    }
    return items
  }

  return {
    subject,
    get,

    async *query(question) {
      let start: Item | undefined
      do {
        const query = new QueryCommand({ TableName: table, ...question, ExclusiveStartKey: start })
        const page = await translated(client.send(query))
        if (page.Items === undefined) throw saysNothing(subject)
        yield* page.Items
        start = page.LastEvaluatedKey
      } while (start !== undefined)
    },

    async put(item, condition) {
      const returned = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
      try {
        await client.send(new PutItemCommand({ TableName: table, Item: item, ...condition, ...returned }))
        return { written: true }
      } catch (error) {
        if (!hasName(error, 'ConditionalCheckFailedException')) throw translateError(error, subject)
        const { Item: told } = error as { Item?: Item }
        // Not every server returns the old row.
        return { written: false, present: told ?? (await get([keyOf(item)]))[0] }
      }
    },
  }
}

function keyOf({ pk, sk }: Item): Item {
  return { ...(pk && { pk }), ...(sk && { sk }) }
}

function throttled(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_BUSY', 'the table answers a part of what it is asked, or nothing', {
    subject,
    hint: 'nothing is lost; run it again later, with fewer jobs at a time',
  })
}

/** What is not even an empty list comes from no DynamoDB, and a row it does not name may still be there (I11). */
export function saysNothing(subject: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_FAILED', 'the answer says nothing of rows', {
    subject,
    hint: 'run it again; if it stays, check index.endpoint and the proxy settings of this host',
  })
}
