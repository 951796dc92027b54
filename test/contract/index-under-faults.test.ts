import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { BlobIndex } from '../../core/ports.ts'
import { EVERY_FAULT, type FaultName } from '../../sandbox/fault-proxy/fault.ts'
import { startIndexTable } from '../../sandbox/index-table.ts'
import { refNumber } from '../flows/setting.ts'
import {
  type Call,
  clientSettings,
  holdUnder,
  PATIENCE,
  startSpoiling,
  timeOutFor,
  titleOf,
} from './through-faults.ts'

/** Under every fault the DynamoDB adapter ends in what is true or in an error of ours (I11). */

const table = await startIndexTable({ tableName: 'index' })
const spoiling = await startSpoiling(table.endpoint)
after(() => table.close())

function indexAt(endpoint: string, timeOut = PATIENCE): BlobIndex {
  return createDynamoIndex('index', new DynamoDBClient(clientSettings(endpoint, timeOut)))
}

/** Past the proxy: what is really there. */
const truth = indexAt(table.endpoint)

const rowOf = (number: number, database = 'main'): BlobRow => ({
  ...{ formatVersion: 1, database, ...refNumber(number), size: 5, sha256: 'ab'.repeat(32) },
  ...{ contentType: 'image/png', archivedAt: 7, state: 'archived' },
})
const present = rowOf(1)
const absent = refNumber(2)
let unused = 100
await truth.insert(present)

const CALLS: Record<string, Call<BlobIndex>> = {
  'finding rows': {
    run: async index => assert.deepEqual(await index.find('main', [absent, present]), [undefined, present]),
  },
  'listing the rows': {
    run: async index => {
      const rows: BlobRow[] = []
      for await (const row of index.list('main')) rows.push(row)
      assert.deepEqual(rows, [present])
    },
  },
  'inserting a row': {
    run: async index => {
      const row = rowOf(unused++, 'fresh')
      assert.equal(await index.insert(row), undefined)
      assert.deepEqual(await truth.find('fresh', [row]), [row])
    },
  },
  'inserting over a row (I8)': {
    run: async index => assert.deepEqual(await index.insert({ ...present, size: 6 }), present),
  },
  'replacing a row': {
    run: async index => {
      const row = rowOf(unused++, 'fresh')
      const condemned: BlobRow = { ...row, state: 'condemned' }
      await truth.insert(row)
      assert.equal(await index.replace(row, condemned), true)
      assert.deepEqual(await truth.find('fresh', [row]), [condemned])
    },
  },
}

/** DynamoDB refuses a request that is not as it was signed; that its answer is as it was sent, TLS sees to. */
const UNSEEN: readonly FaultName[] = ['flippedRequest', 'flippedAnswer']
/** Headers that only S3 has. */
const OF_S3: readonly FaultName[] = ['wrongChecksum', 'wrongMetadata']

describe('the DynamoDB adapter (I8, I11)', () => {
  it('does all of it without a fault', async () => {
    for (const { run } of Object.values(CALLS)) await run(indexAt(spoiling.endpoint))
  })

  for (const fault of EVERY_FAULT.filter(({ name }) => ![...UNSEEN, ...OF_S3].includes(name))) {
    it(`holds under ${titleOf(fault)}`, async () => {
      await holdUnder(fault, spoiling, CALLS, indexAt(spoiling.endpoint, timeOutFor(fault)))
    })
  }
})
