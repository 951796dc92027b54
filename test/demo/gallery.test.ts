import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRecording } from '../../examples/demo/gallery/chord.ts'
import type { Exhibition, Hung } from '../../examples/demo/gallery/exhibition.ts'
import { renderGallery } from '../../examples/demo/gallery/page.ts'
import { forgeries } from '../../examples/demo/gallery/refusals.ts'

const HOSTILE = `"><script>alert('1')</script>&\u202E`
const URL_OF_ONE =
  'https://edge.example/blobs/main/1/2?response-content-disposition=attachment&Expires=1800000000&Signature=x'

describe('the gallery', () => {
  it('lets no text into its page as markup, and spells out what turns the direction of a name', () => {
    const page = renderGallery(exhibition(HOSTILE))
    const tags = renderGallery(exhibition('name&')).split('<').length
    assert.equal(page.split('<').length, tags)
    assert.equal(page.includes("alert('"), false)
    assert.ok(page.includes('[U+202E]</bdi>'))
  })

  it('forges links that differ in one thing each', () => {
    const forged = forgeries(URL_OF_ONE, URL_OF_ONE.replace('/1/2?', '/3/4?'))
    assert.deepEqual(forged, {
      blob: URL_OF_ONE.replace('/1/2?', '/3/4?'),
      name: URL_OF_ONE.replace('=attachment&', '=inline&'),
      expiry: URL_OF_ONE.replace('1800000000', '1800086400'),
      unsigned: 'https://edge.example/blobs/main/1/2',
    })
  })

  it('has a recording that is large, and the same each time', () => {
    const recording = makeRecording()
    assert.ok(recording.length > 2_000_000)
    assert.equal(recording.readUInt32LE(4) + 8, recording.length)
    assert.ok(recording.equals(makeRecording()))
  })
})

function exhibition(text: string): Exhibition {
  const signed = { url: `${URL_OF_ONE}&name=${text}`, expires: 1_800_000_000_000 } as const
  const hung: Hung = {
    ...{ oid: '0'.repeat(16), tid: '1'.repeat(16), path: text, size: 1, sha256: text },
    ...{ title: text, filename: text, contentType: text, tier: 'bucket' },
    shown: { ...signed, disposition: 'inline' },
    saved: { ...signed, disposition: 'attachment' },
  }
  const answer = { asked: text, status: 403, headers: [[text, text]] as const, refusal: text }
  return {
    ...{ time: 1_799_990_000_000, signing: { urls: 1, milliseconds: 1 }, young: hung },
    ...{ photographs: [hung], downloads: [hung], harmful: [{ ...hung, answer }] },
    recording: { ...hung, part: answer },
    refusals: [{ what: text, url: signed.url, answer }],
  }
}
