import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { startIndexTable } from '../../sandbox/index-table.ts'
import { newReportId, reportOf, shardRowOf } from './report-rows.ts'
import { clientSettings, PATIENCE } from './through-faults.ts'

/** What another version, or somebody else, wrote where live reports are kept. */

const table = await startIndexTable({ tableName: 'index' })
after(() => table.close())
const client = new DynamoDBClient(clientSettings(table.endpoint, PATIENCE))
const reports = createDynamoReports('index', client)

async function plant(pk: string, sk: string, body?: string): Promise<void> {
  const Item = { pk: { S: pk }, sk: { S: sk }, ...(body !== undefined && { body: { S: body } }) }
  await client.send(new PutItemCommand({ TableName: 'index', Item }))
}

const report = newReportId()
const row = reportOf({ database: 'main', report })
const unreadable = { code: 'FORMAT_UNKNOWN' }

describe('a row of garbage collection that this version cannot read', () => {
  const bodies: Record<string, string | undefined> = {
    'of a later format': JSON.stringify({ ...row, formatVersion: 2 }),
    'in a state that there is not': JSON.stringify({ ...row, state: 'followed' }),
    'that is no JSON': '{',
    'without a body': undefined,
    'of another database (I9)': JSON.stringify({ ...row, database: 'main-old' }),
    'of another report': JSON.stringify({ ...row, report: newReportId() }),
  }
  for (const [what, body] of Object.entries(bodies)) {
    it(`is told, and nobody takes it for none or leaves it out: one ${what}`, async () => {
      await plant('report#main', report, body)
      await assert.rejects(reports.read('main', report), unreadable)
      await assert.rejects(reports.list('main'), unreadable)
      assert.equal(await reports.write(undefined, row), false)
    })
  }

  it('is told of a shard, also of that of another', async () => {
    for (const body of [
      '{}',
      JSON.stringify(shardRowOf(row, 4)),
      JSON.stringify(shardRowOf(row, 3, { phase: 'condemn' })),
    ]) {
      await plant(`report#main#${report}`, 'count#03', body)
      await assert.rejects(reports.readShards('main', report, 'count'), unreadable)
    }
  })

  it('is told of the sweeper, and nobody takes it for none', async () => {
    await plant('sweep', 'run', '{"formatVersion":2}')
    await assert.rejects(reports.readSweepLease(), unreadable)
  })

  it('is not written either', async () => {
    const of = { database: 'main', report: newReportId() }
    await assert.rejects(reports.write(undefined, reportOf(of, { storedAt: Number.NaN })), unreadable)
    await assert.rejects(reports.writeShard(shardRowOf(of, 64)), unreadable)
  })
})
