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
  '<video src=x onerror=alert(1)>',
  '<audio src onerror=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<marquee onstart=alert(1)>',
  '<x onclick=alert(1)>',
  '<x a=">" onclick=alert(1)>',
  '<x a="<"\fonclick\n= alert(1)>',
  '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
  '<y:z xmlns:y="http://www.w3.org/2000/svg"/>',
  '<?xml-stylesheet href="x"?>',
  '<![CDATA[',
  '<p>',
  '<hta:application>',
  'MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x',
  'Content-Type: text/html',
  '+ADw-script+AD4-alert(1)+ADw-/script+AD4-',
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
    // As ExifTool, Lightroom and the first Photoshops write it, and Vorbis comments.
    const others = [
      `<?xpacket begin='﻿' id='W5M0MpCehiHzreSzNTczkc9d'?>\n<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='Image::ExifTool 12.76'>\n<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n\n <rdf:Description rdf:about=''\n  xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'>\n  <Iptc4xmpExt:LocationCreated rdf:parseType='Resource'/>\n </rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end='w'?>`,
      `<rdf:Description rdf:about="" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" photoshop:ColorMode="3" dc:format="image/jpeg" crs:ToneCurveName="Linear"><xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:softwareAgent="Adobe Photoshop Lightroom" stEvt:changed="/"/></rdf:Seq></xmpMM:History></rdf:Description>`,
      `<?adobe-xap-filters esc="CR"?><x:xapmeta xmlns:x='adobe:ns:meta/' x:xaptk='XMP toolkit 2.8.2-33'><rdf:Description about='uuid:1' xmlns='http://ns.adobe.com/photoshop/1.0/' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'>`,
      'reference libFLAC 1.4.3\x01\0\0\0\x0a\0\0\0STYLE=Rock',
    ]
    for (const text of [XMP, ...others])
      assert.equal(hasSecondFormat(Buffer.concat([PNG, Buffer.from(text)])), false, text)
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
