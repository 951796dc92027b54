import { randomUUID } from 'node:crypto'
import type { Condition, DynamoTable, Item } from './dynamo-table.ts'

/** Rows that hold a sequence, which conditions compare, and all else as JSON in their body (docs/formats.md, "Index"). */

/** Its own write counts also where the answer was lost and the repetition met what it wrote itself. */
export async function writeSequence(
  table: DynamoTable,
  key: Item,
  { sequence, row, condition }: { sequence: number; row: object; condition: Condition },
): Promise<boolean> {
  const writeId = { S: randomUUID() }
  const values = { formatVersion: { N: '1' }, sequence: { N: String(sequence) } }
  const item = { ...key, ...values, body: { S: JSON.stringify(row) }, writeId }
  const { written, present } = await table.put(item, condition)
  return written || present?.writeId?.S === writeId.S
}

/** Undefined for what is no JSON, which no schema takes. */
export function bodyOf({ body }: Item): unknown {
  try {
    return JSON.parse(body?.S ?? '')
  } catch {
    return undefined
  }
}

export const ABSENT = 'attribute_not_exists(pk)'

/** `undefined` for none. */
export function stillAt(sequence: number | undefined): Condition {
  if (sequence === undefined) return { ConditionExpression: ABSENT }
  return { ...compared(sequence), ConditionExpression: '#sequence = :sequence' }
}

export function absentOrUpTo(sequence: number): Condition {
  return { ...compared(sequence), ConditionExpression: `${ABSENT} OR #sequence <= :sequence` }
}

function compared(sequence: number): Condition {
  return {
    ExpressionAttributeNames: { '#sequence': 'sequence' },
    ExpressionAttributeValues: { ':sequence': { N: String(sequence) } },
  }
}
