import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type BlobRow, parseBlobRow, partitionKey, shardOf, sortKey } from '../model/blob-row.ts'
import type { Ref } from '../model/ref.ts'

/** A row of the index as DynamoDB keeps it: the key tells database, oid and tid, the attributes the rest. */

export function itemKey(database: string, ref: Ref): Record<string, AttributeValue> {
  return { pk: { S: partitionKey(database, shardOf(ref)) }, sk: { S: sortKey(ref) } }
}

export function toItem({ database, oid, tid, ...attributes }: BlobRow): Record<string, AttributeValue> {
  const item = itemKey(database, { oid, tid })
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) item[name] = typeof value === 'number' ? { N: String(value) } : { S: value }
  }
  return item
}

export function fromItem(item: Record<string, AttributeValue>, subject: string): BlobRow {
  const { pk, sk, ...attributes } = item
  const row: Record<string, unknown> = {
    database: pk?.S?.split('#')[1],
    oid: sk?.S?.slice(0, 16),
    tid: sk?.S?.slice(16),
  }
  for (const [name, value] of Object.entries(attributes))
    row[name] = value.N === undefined ? value.S : Number(value.N)
  return parseBlobRow(row, `${subject}/${pk?.S}/${sk?.S}`)
}
