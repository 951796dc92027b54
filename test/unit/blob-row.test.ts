import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fromItem, toItem } from '../../core/aws/dynamo-item.ts'
import {
  BLOB_STATES,
  mayBecome,
  parseBlobRow,
  partitionKey,
  shardOf,
  sortKey,
} from '../../core/model/blob-row.ts'
import { anyDatabase, anyRef } from './arbitrary.ts'

const anyRow = fc
  .tuple(
    anyDatabase,
    anyRef,
    fc.nat(),
    fc.stringMatching(/^[0-9a-f]{64}$/),
    fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/), { nil: undefined }),
    fc.nat({ max: 4e12 }),
    fc.constantFrom(...BLOB_STATES),
  )
  .map(([database, ref, size, sha256, versionId, archivedAt, state]) => ({
    formatVersion: 1 as const,
    database,
    ...ref,
    size,
    sha256,
    contentType: 'image/jpeg',
    ...(versionId === undefined ? {} : { versionId }),
    archivedAt,
    state,
  }))

describe('rows of the index', () => {
  it('are read back from the items they are stored as', () => {
    fc.assert(fc.property(anyRow, row => assert.deepEqual(fromItem(toItem(row), 'table'), row)))
  })

  it('of another format version are refused, not guessed at', () => {
    fc.assert(
      fc.property(anyRow, fc.integer({ min: 2, max: 9 }), (row, formatVersion) => {
        assert.throws(() => parseBlobRow({ ...row, formatVersion }, 'row'), { code: 'FORMAT_UNKNOWN' })
      }),
    )
  })

  it('are refused when any part of them is missing or damaged', () => {
    fc.assert(
      fc.property(anyRow, fc.nat(), fc.constantFrom(undefined, '', -1, null, {}), (row, at, value) => {
        const names = Object.keys(row).filter(name => name !== 'versionId')
        const damaged = { ...row, [names[at % names.length] ?? '']: value }
        assert.throws(() => parseBlobRow(damaged, 'row'), { code: 'FORMAT_UNKNOWN' })
      }),
    )
  })

  it('are spread over 64 partitions of their database, all revisions of an object in one', () => {
    const shards = new Set<number>()
    for (let oid = 0; oid < 128; oid += 1) {
      const ref = { oid: oid.toString(16).padStart(16, '0'), tid: '03d167f919308700' }
      shards.add(shardOf(ref))
      assert.equal(shardOf(ref), shardOf({ ...ref, tid: '03d167f919308701' }))
    }
    assert.equal(shards.size, 64)
    assert.equal(partitionKey('main', 18), 'blob#main#12')
    assert.equal(
      sortKey({ oid: '00000000000004d2', tid: '03d167f919308700' }),
      '00000000000004d203d167f919308700',
    )
  })

  it('move along archived ⇄ condemned ⇄ sweeping → swept → archived and no other way', () => {
    const allowed = [
      'archived>condemned',
      'condemned>archived',
      'condemned>sweeping',
      'sweeping>condemned',
      'sweeping>swept',
      'swept>archived',
    ]
    const found = BLOB_STATES.flatMap(from =>
      BLOB_STATES.filter(to => mayBecome(from, to)).map(to => `${from}>${to}`),
    )
    assert.deepEqual(found.sort(), allowed.sort())
  })
})
