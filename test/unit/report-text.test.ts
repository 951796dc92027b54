import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sortKey } from '../../core/model/blob-row.ts'
import type { Ref } from '../../core/model/ref.ts'
import { readReportText } from '../../core/records/report-text.ts'
import { readRef, WORDS } from '../../core/records/words.ts'
import { reportText } from '../memory/plant-report.ts'
import { anyRef } from './arbitrary.ts'

async function* inPieces(text: string | Buffer, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  for (const [i, place] of places.entries()) yield bytes.subarray(place, places[i + 1])
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Ref[]> {
  const refs: Ref[] = []
  for await (const records of readReportText(chunks))
    for (let at = 0; at < records.length; at += WORDS) refs.push(readRef(records, at))
  return refs
}

const LINE = '00000000000004d2 03d167f919308700\n'
const anyCuts = fc.array(fc.nat(), { maxLength: 20 })

describe('a live report as text', () => {
  it('is the same however it is divided into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRef, { maxLength: 50 }), anyCuts, async (refs, cuts) => {
        assert.deepEqual(await readAll(inPieces(reportText(refs), cuts)), refs)
      }),
    )
  })

  it('of many lines in one chunk is the same, too', async () => {
    const refs = Array.from({ length: 10_000 }, (_, i) => ({
      oid: i.toString(16).padStart(16, '0'),
      tid: '03d167f919308700',
    }))
    assert.deepEqual((await readAll(inPieces(reportText(refs)))).map(sortKey), refs.map(sortKey))
  })

  it('may lack the end of its last line, and nothing else', async () => {
    assert.equal((await readAll(inPieces(`${LINE}end 1`))).length, 1)
    await fc.assert(
      fc.asyncProperty(fc.array(anyRef, { maxLength: 12 }), fc.nat(), anyCuts, async (refs, at, cuts) => {
        const whole = reportText(refs)
        const text = whole.slice(0, at % (whole.length - 1))
        await assert.rejects(readAll(inPieces(text, cuts)), { code: 'REPORT_CUT_OFF' })
      }),
    )
  })

  it('that lost lines in the middle, or has some more, is none', async () => {
    for (const text of [`${LINE}end 2\n`, `${LINE}${LINE}end 1\n`, 'end 1\n', `end 0\n${LINE}`, ''])
      await assert.rejects(readAll(inPieces(text)), { code: 'REPORT_CUT_OFF' }, text)
    for (const more of [LINE, 'end 1\n', 'end 1', '\n', 'x'])
      await assert.rejects(readAll(inPieces(`${LINE}end 1\n${more}`)), { code: 'REPORT_CUT_OFF' }, more)
  })

  it('with a line that is none is refused with its number', async () => {
    const wrong = [
      '',
      ' ',
      LINE.toUpperCase().trim(),
      `${LINE.trim()}\r`,
      ` ${LINE.trim()}`,
      LINE.trim().replace(' ', '\t'),
      LINE.trim().replace(' ', '/'),
      LINE.trim().replace('4d2', '4g2'),
      LINE.trim().slice(1),
      `${LINE.trim()}0`,
      'end',
      'end 01',
      'end -1',
      'end 2 ',
      'END 2',
      'oid tid',
      'x'.repeat(10_000),
    ]
    for (const line of wrong)
      for (const cuts of [[], [68, 69, 75, 100]])
        await assert.rejects(
          readAll(inPieces(`${LINE}${LINE}${line}\n${LINE}end 3\n`, cuts)),
          { code: 'REF_INVALID', subject: 'line 3' },
          JSON.stringify(line),
        )
  })

  it('with any byte changed is refused, or names another revision', async () => {
    const text = Buffer.from(reportText([1, 2, 3].map(() => ({ oid: '0'.repeat(16), tid: 'f'.repeat(16) }))))
    const anyDamage = fc.record({ at: fc.nat(text.length - 1), bits: fc.integer({ min: 1, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(anyDamage, anyCuts, async ({ at, bits }, cuts) => {
        const damaged = Buffer.from(text)
        damaged.writeUInt8(damaged.readUInt8(at) ^ bits, at)
        const refs = await readAll(inPieces(damaged, cuts)).catch(({ code }) => code)
        if (Array.isArray(refs)) assert.equal(reportText(refs), damaged.toString('latin1'))
        else assert.match(refs, /^(REF_INVALID|REPORT_CUT_OFF)$/)
      }),
      { numRuns: 500 },
    )
  })
})
