import assert from 'node:assert/strict'
import { createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import type { BlobIndex } from '../../core/ports.ts'
import { refNumber } from '../flows/setting.ts'
import { describeUnderFaults, openTableAdapter } from './table-under-faults.ts'
import type { Call } from './through-faults.ts'

/** Under every fault the DynamoDB adapter ends in what is true or in an error of ours (I11). */

const adapter = await openTableAdapter(createDynamoIndex)
const { truth } = adapter

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

describeUnderFaults('the DynamoDB adapter (I8, I11)', adapter, CALLS)
