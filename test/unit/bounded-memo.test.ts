import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { createBoundedMemo } from '../../client/url/bounded-memo.ts'

it('a bounded memo has what was asked for or set last, and never anything wrong', () => {
  const steps = fc.array(fc.record({ name: fc.nat(30), set: fc.boolean() }), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), steps, (least, all) => {
      const memo = createBoundedMemo<number>(least)
      const values = new Map<number, number>()
      let recent: number[] = []
      for (const [at, { name, set }] of all.entries()) {
        const found = memo.get(String(name))
        if (found !== undefined) assert.equal(found, values.get(name))
        if (recent.includes(name)) assert.notEqual(found, undefined)
        if (set) {
          memo.set(String(name), at)
          values.set(name, at)
        }
        if (set || found !== undefined)
          recent = [name, ...recent.filter(each => each !== name)].slice(0, least)
      }
    }),
  )
})
