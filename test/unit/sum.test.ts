import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { layoutNamed } from '../../core/model/layout/choose-layout.ts'
import { formatSum, parseSums, type Sum, sumsPartOf } from '../../core/model/sum.ts'
import { anyRef } from './arbitrary.ts'

const anySum: fc.Arbitrary<Sum> = fc.record({
  path: fc
    .tuple(anyRef, fc.constantFrom('bushy' as const, 'lawn' as const))
    .map(([ref, layout]) => layoutNamed(layout).format(ref)),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
})
const anySums = fc.uniqueArray(anySum, { selector: ({ path }) => path, maxLength: 20 })

const entriesOf = (sums: readonly Sum[]) => sums.map(({ path, sha256 }) => [path, sha256])

describe('sums', () => {
  it('are read as they were written', () =>
    fc.assert(
      fc.property(anySums, written => {
        const { sums, whole } = parseSums(written.map(formatSum).join(''))
        assert.deepEqual([[...sums], whole], [entriesOf(written), true])
      }),
    ))

  it('that were cut off anywhere, with others written behind, are right or left out, and that is told', () =>
    fc.assert(
      fc.property(anySums, anySums, fc.nat(), (before, after, at) => {
        const text = before.map(formatSum).join('')
        const cut = text.slice(0, at % (text.length + 1))
        const { sums, whole } = parseSums(cut + after.map(formatSum).join(''))
        const known = new Set([...before, ...after].map(({ path, sha256 }) => `${path} ${sha256}`))
        for (const [path, sha256] of sums) assert.ok(known.has(`${path} ${sha256}`))
        if (cut !== '' && !cut.endsWith('\n')) assert.equal(whole, false)
      }),
    ))

  it('that contradict each other: the last one counts, and it is told', () => {
    const [first, second] = ['a', 'b'].map(digit => ({ path: '0x01/0x02.blob', sha256: digit.repeat(64) }))
    assert.ok(first && second)
    const { sums, whole } = parseSums(formatSum(first) + formatSum(second))
    assert.deepEqual([sums.get(first.path), whole], [second.sha256, false])
  })

  it('of neighbours are in one file', () => {
    const tid = '03d167f919308700'
    assert.equal(sumsPartOf({ oid: '00000000000124d2', tid }), '0000000000012.sha256')
    assert.equal(sumsPartOf({ oid: 'ffffffffffffffff', tid }), 'fffffffffffff.sha256')
  })
})
