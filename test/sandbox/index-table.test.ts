import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { type IndexTable, startIndexTable } from '../../sandbox/index-table.ts'
import { temporaryDirectory } from './stand-in.ts'

const TableName = 'index'

function clientOf(t: TestContext, { endpoint }: IndexTable): DynamoDBClient {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  t.after(() => client.destroy())
  return client
}

const row = (sk: string) => ({ pk: { S: 'blob#main#07' }, sk: { S: sk } })

test('has the table from the start, with string keys pk and sk', async t => {
  const index = await startIndexTable({ tableName: TableName })
  t.after(() => index.close())
  const client = clientOf(t, index)
  for (const sk of ['b', 'a']) await client.send(new PutItemCommand({ TableName, Item: row(sk) }))
  const { Items } = await client.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'blob#main#07' } },
    }),
  )
  assert.deepEqual(Items, [row('a'), row('b')])
})

test('refuses a conditional write whose condition fails', async t => {
  const index = await startIndexTable({ tableName: TableName })
  t.after(() => index.close())
  const client = clientOf(t, index)
  const put = () =>
    new PutItemCommand({ TableName, Item: row('a'), ConditionExpression: 'attribute_not_exists(pk)' })
  await client.send(put())
  await assert.rejects(client.send(put()), { name: 'ConditionalCheckFailedException' })
})

test('keeps its rows in a directory over a restart', async t => {
  const directory = await temporaryDirectory()
  const before = await startIndexTable({ directory, tableName: TableName })
  await clientOf(t, before).send(new PutItemCommand({ TableName, Item: row('a') }))
  await before.close()

  const index = await startIndexTable({ directory, tableName: TableName })
  t.after(() => index.close())
  const { Item } = await clientOf(t, index).send(new GetItemCommand({ TableName, Key: row('a') }))
  assert.deepEqual(Item, row('a'))
})
