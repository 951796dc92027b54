import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { planAdoption } from '../../core/model/adopt-plan.ts'
import { BLOB_STATES, type BlobRow } from '../../core/model/blob-row.ts'
import { anyRef } from './arbitrary.ts'

const anySize = fc.oneof(fc.nat(3), fc.nat())
const anyRow = fc.record({ ref: anyRef, state: fc.constantFrom(...BLOB_STATES), size: anySize }).map(
  ({ ref, state, size }): BlobRow => ({
    ...{ formatVersion: 1, database: 'main', ...ref, size, sha256: 'a'.repeat(64), contentType: 'x/y' },
    ...{ archivedAt: 0, state },
  }),
)

describe('the plan of an adoption', () => {
  it('adopts what has no row', () => {
    fc.assert(fc.property(anySize, size => assert.equal(planAdoption(size, undefined).step, 'adopt')))
  })

  it('spares what has a row of its size, and brings no garbage back (I8)', () => {
    fc.assert(
      fc.property(anyRow, row => {
        const garbage = row.state === 'sweeping' || row.state === 'swept'
        assert.equal(planAdoption(row.size, row).step, garbage ? 'collected' : 'none')
      }),
    )
  })

  it('never takes another size for the same blob (I3)', () => {
    fc.assert(
      fc.property(anyRow, anySize, (row, size) => {
        assert.equal(planAdoption(size, row).step === 'conflict', row.size !== size)
      }),
    )
  })
})
