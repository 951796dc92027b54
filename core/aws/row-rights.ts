import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { NO_BLOB, type RowRights } from '../model/right.ts'
import { attempt } from './attempt.ts'
import { itemKey } from './dynamo-item.ts'

/** It holds for no row, be it there or not. */
const NEVER = 'attribute_exists(pk) AND attribute_not_exists(pk)'

/** Attempts whose rights are judged before they fail at their condition. */
export async function tryRowRights(
  table: string,
  client: DynamoDBClient,
  database: string,
): Promise<RowRights> {
  const subject = `dynamodb:${table}`
  const item = itemKey(database, NO_BLOB)
  const impossible = { TableName: table, ConditionExpression: NEVER }
  const write = () => client.send(new PutItemCommand({ ...impossible, Item: item }))
  const remove = () => client.send(new DeleteItemCommand({ ...impossible, Key: item }))
  return {
    write: await attempt('dynamodb:PutItem', subject, write),
    remove: await attempt('dynamodb:DeleteItem', subject, remove),
  }
}
