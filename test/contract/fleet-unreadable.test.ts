import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createDynamoFleet } from '../../core/aws/dynamo-fleet.ts'
import type { VolumeRows } from '../../core/model/volume-row.ts'
import { startIndexTable } from '../../sandbox/index-table.ts'
import { leaseOf, orderOf, summaryOf } from './fleet-rows.ts'
import { clientSettings, PATIENCE } from './through-faults.ts'

/** What another version, or somebody else, wrote into the partition of a database. */

const table = await startIndexTable({ tableName: 'index' })
after(() => table.close())
const client = new DynamoDBClient(clientSettings(table.endpoint, PATIENCE))
const fleet = createDynamoFleet('index', client)

async function plant(pk: string, sk: string, body?: string): Promise<void> {
  const Item = { pk: { S: pk }, sk: { S: sk }, ...(body !== undefined && { body: { S: body } }) }
  await client.send(new PutItemCommand({ TableName: 'index', Item }))
}

const lease = (volume: string) => leaseOf({ database: 'main', volume })

describe('a row that this version cannot read', () => {
  const bodies: Record<string, string | undefined> = {
    'of a later format': JSON.stringify({ ...lease('odd'), formatVersion: 2 }),
    'that is no JSON': '{',
    'without a body': undefined,
    'of another database (I9)': JSON.stringify({ ...lease('odd'), database: 'main-old' }),
    'of another volume': JSON.stringify(lease('blobs')),
  }
  for (const [what, body] of Object.entries(bodies)) {
    it(`is told with its volume, and stops nobody else: one ${what}`, async () => {
      await fleet.writeLease(undefined, lease('blobs'))
      await fleet.writeLease(undefined, lease('well'))
      await fleet.writeOrder(orderOf({ database: 'main', volume: 'odd' }))
      await plant('volume#main', 'odd#lease', body)
      const listed: VolumeRows[] = []
      for await (const rows of fleet.list('main')) listed.push(rows)
      assert.deepEqual(listed, [
        { volume: 'blobs', lease: lease('blobs') },
        {
          volume: 'odd',
          order: orderOf({ database: 'main', volume: 'odd' }),
          unreadable: 'dynamodb:index/volume#main/odd#lease: this version cannot read the lease of a volume',
        },
        { volume: 'well', lease: lease('well') },
      ])
      await assert.rejects(fleet.read('main', 'odd'), { code: 'FORMAT_UNKNOWN' })
    })
  }

  it('is passed over when its kind is unknown', async () => {
    const of = { database: 'later', volume: 'blobs' }
    await fleet.writeSummary(summaryOf(of))
    for (const sk of ['blobs#forecast', 'blobs', 'blobs#lease#more']) await plant('volume#later', sk, '{}')
    assert.deepEqual(await fleet.read('later', 'blobs'), { volume: 'blobs', summary: summaryOf(of) })
    const listed: VolumeRows[] = []
    for await (const rows of fleet.list('later')) listed.push(rows)
    assert.deepEqual(listed, [{ volume: 'blobs', summary: summaryOf(of) }])
  })

  it('is told of the schedule, and nobody takes it for none', async () => {
    await plant('schedule', 'run', '{"formatVersion":2}')
    await assert.rejects(fleet.readScheduleLease(), { code: 'FORMAT_UNKNOWN' })
  })

  it('is not written either', async () => {
    const of = { database: 'main', volume: 'blobs' }
    const row = summaryOf(of, { madeAt: Number.NaN })
    await assert.rejects(fleet.writeSummary(row), { code: 'FORMAT_UNKNOWN' })
  })
})
