import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION } from './s3/server.ts'

export interface IndexTable {
  readonly endpoint: string
  close(): Promise<void>
}

/** A DynamoDB with the one table of the index, made unless it exists; in memory without a directory. */
export async function startIndexTable(options: {
  directory?: string
  tableName: string
}): Promise<IndexTable> {
  const { directory, tableName } = options
  const instant = { createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 }
  const server = dynalite({ ...instant, ...(directory !== undefined && { path: directory }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await createTable(endpoint, tableName)

  return {
    endpoint,
    close: () =>
      new Promise((resolve, reject) => {
        server.close(error => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

async function createTable(endpoint: string, tableName: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: SANDBOX_REGION,
    credentials: { ...SANDBOX_CREDENTIALS },
  })
  try {
    await client.send(new CreateTableCommand(tableDefinition(tableName))).catch(unlessItExists)
    await waitUntilTableExists(
      { client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 },
      { TableName: tableName },
    )
  } finally {
    client.destroy()
  }
}

export function tableDefinition(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  }
}

function unlessItExists(error: unknown): void {
  if (!(error instanceof ResourceInUseException)) throw error
}
