import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeBeginning } from '../../core/beginning.ts'
import { SNIFFED_BYTES } from '../../core/content-type.ts'
import { hasSecondFormat } from '../../core/model/second-format.ts'
import { treeDirectory, trueBlobs } from '../flows/setting.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
const GIF = Buffer.from('474946383961010001008000000000000000000021f90401000000002c', 'hex')

const SECOND = [
  '<html>',
  '<HTML lang=en>',
  '<script>alert(1)</script>',
  '<svg/onload=alert(1)>',
  '<!DOCTYPE html>',
  '<?xml version="1.0"?>',
  '<?php x',
  '<body onload=x>',
  '<iframe src=x>',
  '<img src=x onerror=y>',
  '<a href=x>',
  '<!-- x -->',
  '<style>',
  '<meta http-equiv=x>',
  '%PDF-1.7',
  'PK\x03\x04',
  'PK\x05\x06',
  '\x7fELF',
  'Rar!\x1a',
]

describe('a second format', () => {
  for (const text of SECOND)
    it(`is seen: ${JSON.stringify(text)}`, () => {
      fc.assert(
        fc.property(fc.nat(3_000), gap => {
          const bytes = (encoding: 'latin1' | 'utf16le') =>
            Buffer.concat([GIF, Buffer.alloc(gap, 0x20), Buffer.from(text, encoding)])
          assert.ok(hasSecondFormat(bytes('latin1')))
          if (text.startsWith('<')) assert.ok(hasSecondFormat(bytes('utf16le')))
        }),
        { numRuns: 20 },
      )
    })

  it('is none what photographs carry with them', () => {
    const XMP =
      '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">a &lt;script&gt;</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>'
    assert.equal(hasSecondFormat(Buffer.concat([PNG, Buffer.from(XMP)])), false)
  })

  it('is none in what real cameras and programs made', async () => {
    let shown = 0
    for (const { path } of trueBlobs('bushy')) {
      const content = await describeBeginning(
        readFileSync(join(treeDirectory('bushy'), path)).subarray(0, SNIFFED_BYTES),
      )
      if (content.seen.startsWith('image/')) {
        assert.equal(content.mixed, false, path)
        shown += 1
      }
    }
    assert.ok(shown > 0)
  })

  it('is hardly ever seen by chance', () => {
    let seen = 0
    let state = 1
    for (let round = 0; round < 500; round += 1) {
      const noise = Buffer.alloc(SNIFFED_BYTES)
      for (let at = 0; at < noise.length; at += 1) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
        noise[at] = state >>> 24
      }
      if (hasSecondFormat(noise)) seen += 1
    }
    assert.ok(seen <= 1, `${seen} of 500`)
  })
})
