import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BLOB_STATES, type BlobRow } from '../../core/model/blob-row.ts'
import {
  agreesAsListed,
  compare,
  DIFFERENCE_CLASSES,
  hintFor,
  REPAIRABLE,
  type SeenObject,
  statusOfDifference,
} from '../../core/model/difference.ts'

const SHA = 'ab'.repeat(32)
const OTHER = 'cd'.repeat(32)

const rowIn = (state: BlobRow['state'], more: Partial<BlobRow> = {}): BlobRow => ({
  ...{ formatVersion: 1, database: 'main', oid: '00000000000004d2', tid: '03d167f919308700', size: 5 },
  ...{ sha256: SHA, contentType: 'image/png', versionId: 'v1', archivedAt: 7000, state, ...more },
})
const same: SeenObject = { size: 5, sha256: SHA, versionId: 'v1' }
const OBJECTS: Record<string, SeenObject | undefined> = {
  none: undefined,
  foreign: { ...same, sha256: undefined },
  same,
  read: { ...same, readSha256: SHA },
  longer: { ...same, size: 6 },
  other: { ...same, sha256: OTHER },
  renewed: { ...same, versionId: 'v2' },
  damaged: { ...same, readSha256: OTHER },
}

/** Every state of a row against everything an object can be. */
const EXPECTED = `
  -         none  foreign  same       read       longer     other      renewed      damaged
  no-row    ok    foreign  unindexed  unindexed  unindexed  unindexed  unindexed    damaged
  archived  lost  altered  ok         ok         altered    altered    reversioned  damaged
  condemned lost  altered  ok         ok         altered    altered    reversioned  damaged
  sweeping  sweeping sweeping sweeping sweeping  sweeping   sweeping   sweeping     damaged
  swept     ok    foreign  returned   returned   altered    altered    returned     damaged`
  .trim()
  .split('\n')
  .map(line => line.trim().split(/\s+/))

const anyRow = fc.option(
  fc
    .record({
      state: fc.constantFrom(...BLOB_STATES),
      size: fc.constantFrom(5, 6),
      sha256: fc.constantFrom(SHA, OTHER),
      versionId: fc.option(fc.constantFrom('v1', 'v2'), { nil: undefined }),
    })
    .map(({ state, size, sha256, versionId }) => rowIn(state, { size, sha256, versionId })),
  { nil: undefined },
)
const anyObject: fc.Arbitrary<SeenObject | undefined> = fc.option(
  fc.record(
    {
      size: fc.constantFrom(5, 6),
      sha256: fc.constantFrom(SHA, OTHER, undefined),
      versionId: fc.constantFrom('v1', 'v2', undefined),
      readSha256: fc.constantFrom(SHA, OTHER),
    },
    { requiredKeys: ['size', 'sha256', 'versionId'] },
  ),
  { nil: undefined },
)

describe('the difference between a row and an object', () => {
  it('is of one class, or none, for every state of both', () => {
    const [names = [], ...lines] = EXPECTED
    assert.equal(lines.length, BLOB_STATES.length + 1)
    for (const [state = '', ...classes] of lines) {
      const row = state === 'no-row' ? undefined : rowIn(state as BlobRow['state'])
      const found = names.slice(1).map(name => compare(row, OBJECTS[name])?.class ?? 'ok')
      assert.deepEqual(found, classes, state)
    }
  })

  it('is none only when nothing is lost, other or unknown', () => {
    fc.assert(
      fc.property(anyRow, anyObject, (row, object) => {
        const verdict = compare(row, object)
        if (verdict) return assert.ok(verdict.reason && DIFFERENCE_CLASSES.includes(verdict.class))
        if (!object) return assert.ok(!row || row.state === 'swept')
        assert.ok(row && (row.state === 'archived' || row.state === 'condemned'))
        assert.deepEqual(
          [row.size, row.sha256, row.versionId, object.readSha256 ?? row.sha256],
          [object.size, object.sha256, object.versionId, object.sha256],
        )
      }),
    )
  })

  it('that a listing can tell is never passed over by it', () => {
    fc.assert(
      fc.property(anyRow, anyObject, (row, object) => {
        if (!agreesAsListed(row, object?.size)) return
        const left = compare(row, object)?.class ?? 'ok'
        assert.ok(['ok', 'damaged', 'altered', 'reversioned'].includes(left), left)
        if (row && object) assert.equal(row.size, object.size)
      }),
    )
  })

  it('has for every class a hint and a status, and asks a person where bytes are at stake', () => {
    for (const name of DIFFERENCE_CLASSES) assert.ok(hintFor(name).length > 20)
    const grave = DIFFERENCE_CLASSES.filter(name => statusOfDifference(name) === 4)
    assert.deepEqual(grave, ['lost', 'forgotten', 'damaged', 'altered'])
    for (const name of REPAIRABLE) assert.match(hintFor(name), new RegExp(`check --repair ${name} `))
  })
})
