import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { layoutNamed } from '../../core/model/layout/choose-layout.ts'
import { EVERY_OID, oidsBelow } from '../../core/volume/oid-range.ts'
import { anyRef } from './arbitrary.ts'

describe('the oids below a path', () => {
  for (const name of ['bushy', 'lawn'] as const) {
    it(`are those of the blobs there and no others, in a ${name} volume`, () => {
      const layout = layoutNamed(name)
      fc.assert(
        fc.property(anyRef, anyRef, fc.nat({ max: layout.depth + 1 }), (ref, other, level) => {
          const path = layout.format(ref).split('/').slice(0, level).join('/')
          const { first, last } = oidsBelow(layout, path)
          assert.ok(first <= ref.oid && ref.oid <= last)
          const leafOf = (of: typeof ref) => layout.format(of).split('/').slice(0, layout.depth)
          const below = leafOf(other).slice(0, level).join('/') === leafOf(ref).slice(0, level).join('/')
          assert.equal(first <= other.oid && other.oid <= last, below)
        }),
      )
    })
  }

  it('are all where the layout has no such path', () => {
    assert.deepEqual(oidsBelow(layoutNamed('bushy'), 'notes/0x01'), EVERY_OID)
  })
})
