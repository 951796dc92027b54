import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatVerdict, parseVerdict, VERDICTS } from '../../core/model/verdict.ts'

test('a verdict is read as it was written', () => {
  for (const verdict of VERDICTS) assert.equal(parseVerdict(formatVerdict(verdict), 'key'), verdict)
})

test('whatever else stands where a verdict should is refused by name', () => {
  const written = new Set(VERDICTS.map(formatVerdict))
  const others = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ formatVersion: fc.nat(), verdict: fc.string() }).map(value => JSON.stringify(value)),
    fc.constantFrom(
      '',
      '{"formatVersion":2,"verdict":"approve"}',
      '{"formatVersion":1,"verdict":"approve","by":"me"}',
      '{"formatVersion":1}',
    ),
  )
  fc.assert(
    fc.property(others, text => {
      fc.pre(!written.has(text))
      assert.throws(() => parseVerdict(text, 'verdicts/main/x.json'), {
        code: 'FORMAT_UNKNOWN',
        subject: 'verdicts/main/x.json',
      })
    }),
  )
})
