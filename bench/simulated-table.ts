import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'

export type Item = Record<string, AttributeValue>

/** What was asked of it, in DynamoDB's units. */
export interface Units {
  read: number
  write: number
}

interface Input {
  RequestItems?: Record<string, { Keys: Item[] }>
  KeyConditionExpression?: string
  ExpressionAttributeValues?: Item
  ExclusiveStartKey?: Item
  ConsistentRead?: boolean
  Item?: Item
}

const PAGE = 2 ** 20
const READ_BLOCK = 4_096
const WRITE_BLOCK = 1_024

/**
 * A table as DynamoDB pages and counts it, behind the client that the adapters take: partitions that `partition` makes anew whenever
 * they are read, and any others as they were written. Conditions always hold.
 */
export function simulateTable(table: string, partition: (pk: string) => Iterable<Item> | undefined) {
  const units: Units = { read: 0, write: 0 }
  const written = new Map<string, Item>()
  /** Where a partition is to be read on, by the sort key before it. */
  const open = new Map<string, Iterator<Item>>()

  const count = (bytes: number, consistent: boolean) => {
    units.read += Math.max(1, Math.ceil(bytes / READ_BLOCK)) * (consistent ? 1 : 0.5)
  }

  function query({
    ExpressionAttributeValues: values = {},
    ExclusiveStartKey,
    ConsistentRead = false,
  }: Input) {
    const [pk = '', prefix = ''] = [values[':pk']?.S, values[':phase']?.S]
    const before = ExclusiveStartKey?.sk?.S
    const items = before === undefined ? rowsOf(pk, prefix) : open.get(pk + before)
    if (before !== undefined) open.delete(pk + before)
    const page: Item[] = []
    let bytes = 0
    for (let next = items?.next(); next && !next.done; next = items?.next()) {
      page.push(next.value)
      bytes += sizeOf(next.value)
      if (bytes >= PAGE) break
    }
    count(bytes, ConsistentRead)
    const last = page.at(-1)
    if (!items || !last || bytes < PAGE) return { Items: page }
    open.set(pk + last.sk?.S, items)
    return { Items: page, LastEvaluatedKey: { pk: { S: pk }, sk: last.sk } }
  }

  function rowsOf(pk: string, prefix: string): Iterator<Item> {
    const made = partition(pk)
    if (made) return made[Symbol.iterator]()
    const own = [...written.values()].filter(({ pk: of, sk }) => of?.S === pk && sk?.S?.startsWith(prefix))
    return own.sort((a, b) => ((a.sk?.S ?? '') < (b.sk?.S ?? '') ? -1 : 1)).values()
  }

  function get({ RequestItems = {} }: Input) {
    const keys = RequestItems[table]?.Keys ?? []
    const found = keys.map(key => written.get(nameOf(key))).filter(item => item !== undefined)
    for (const item of found) count(sizeOf(item), true)
    units.read += keys.length - found.length
    return { Responses: { [table]: found } }
  }

  function put({ Item: item = {} }: Input) {
    units.write += Math.ceil(sizeOf(item) / WRITE_BLOCK)
    if (!partition(item.pk?.S ?? '')) written.set(nameOf(item), item)
    return {}
  }

  const send = async ({ input }: { input: Input }) => {
    if (input.RequestItems) return get(input)
    return input.Item ? put(input) : query(input)
  }
  return { units, client: { send } as unknown as DynamoDBClient }
}

function nameOf({ pk, sk }: Item): string {
  return `${pk?.S}/${sk?.S}`
}

/** Bytes: of names and texts their length, of a number half its digits and one. */
function sizeOf(item: Item): number {
  let bytes = 0
  for (const name in item) {
    const { S, N } = item[name] ?? {}
    bytes += name.length + (N === undefined ? (S?.length ?? 0) : Math.ceil(N.length / 2) + 1)
  }
  return bytes
}
