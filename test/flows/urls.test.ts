import assert from 'node:assert/strict'
import { renameSync, rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BlobMissing, BlobUnavailable } from '../../core/model/errors.ts'
import { formatRef } from '../../core/model/ref.ts'
import { isSignedBy } from '../unit/canned-policy.ts'
import { readDisposition } from '../unit/read-disposition.ts'
import { plantBlob, refNumber } from './setting.ts'
import { createUrlSetting, EDGE, LIFETIME, photograph, publicKeys, START } from './urls-setting.ts'

const ref = refNumber(1)
const content = Buffer.from('some content')
const PHOTO = photograph()

const outage = () =>
  new BlobUnavailable('SERVER_UNREACHABLE', 'no answer', { subject: 'bucket', hint: 'none' })
const isOutage = (error: unknown) => error instanceof BlobUnavailable && error.code === 'SERVER_UNREACHABLE'

for (const disposition of ['attachment', 'inline'] as const)
  describe(`a URL to be opened as ${disposition}`, () => {
    const wanted = { disposition }

    it('of a blob that is in a volume only, is none', async test => {
      const { urls, volume } = createUrlSetting(test)
      plantBlob(volume, ref, content)
      assert.equal(await urls.url(ref, wanted), undefined)
    })

    it('of a blob that is in a volume and archived, is signed', async test => {
      const { urls, volume, archive } = createUrlSetting(test)
      plantBlob(volume, ref, content)
      await archive(ref, content)
      const signed = await urls.url(ref, wanted)
      assert.ok(signed && isSignedBy(signed.url, publicKeys[0] ?? assert.fail()))
    })

    it('of a blob that is in the bucket only, is signed', async test => {
      const { urls, archive } = createUrlSetting(test)
      await archive(ref, content)
      const signed = await urls.url(ref, wanted)
      assert.ok(signed?.url.startsWith(`${EDGE}/blobs/main/${formatRef(ref)}?`))
    })

    it('of a blob that nobody has, is told to be missing by a host without volumes', async test => {
      const { urls } = createUrlSetting(test, { volumes: () => [] })
      await assert.rejects(urls.url(ref, wanted), BlobMissing)
    })

    it('of a blob that is in no volume, is no missing one while the bucket does not answer (I11)', async test => {
      const { urls, bucket } = createUrlSetting(test, { volumes: () => [] })
      bucket.failWith(outage())
      await assert.rejects(urls.url(ref, wanted), isOutage)
    })

    it('of a blob in a volume, waits for a bucket that does not answer (I11)', async test => {
      const { urls, bucket, volume } = createUrlSetting(test)
      plantBlob(volume, ref, content)
      bucket.failWith(outage())
      await assert.rejects(urls.url(ref, wanted), isOutage)
      bucket.failWith(undefined)
      assert.equal(await urls.url(ref, wanted), undefined)
    })

    it('of what the bucket has not got, is no missing blob while a volume is unmounted (I11)', async test => {
      const { urls, volume } = createUrlSetting(test)
      renameSync(volume.directory, `${volume.directory}-elsewhere`)
      await assert.rejects(urls.url(ref, wanted), { code: 'DISK_UNREADABLE' })
    })

    it('of a blob that is archived and released while it is asked for, is none, and it is not missing (I11)', async test => {
      const { urls, bucket, volume, archive } = createUrlSetting(test)
      const path = plantBlob(volume, ref, content)
      for (const read of ['head', 'get'] as const) {
        const original = bucket[read]
        bucket[read] = async (key: string) => {
          const found = await original(key)
          if (!found) await archive(ref, content)
          rmSync(path, { force: true })
          return found as never
        }
      }
      assert.equal(await urls.url(ref, wanted), undefined)
    })

    it('is asked for once by all who ask at the same time', async test => {
      const { urls, volume, archive, counts } = createUrlSetting(test)
      plantBlob(volume, ref, content)
      await archive(ref, content)
      const asked = await Promise.all(Array.from({ length: 20 }, () => urls.url(ref, wanted)))
      assert.equal(new Set(asked.map(signed => signed?.url)).size, 1)
      assert.deepEqual([counts.heads + counts.beginnings, counts.secrets, counts.signatures], [1, 1, 1])
    })

    it('comes for a blob that was archived a minute after it was asked for in vain', async test => {
      const { urls, volume, archive, counts, state } = createUrlSetting(test)
      plantBlob(volume, ref, content)
      assert.equal(await urls.url(ref, wanted), undefined)
      await archive(ref, content)
      state.now += 59_999
      assert.equal(await urls.url(ref, wanted), undefined)
      assert.equal(counts.heads + counts.beginnings, 1)
      state.now += 1
      assert.ok(await urls.url(ref, wanted))
    })
  })

describe('a URL of a blob that is in none of this host’s volumes', () => {
  it('costs no question', async test => {
    const { urls, bucket, counts } = createUrlSetting(test)
    bucket.failWith(outage())
    assert.ok(await urls.url(ref))
    assert.equal(counts.heads + counts.beginnings, 0)
  })

  it('is asked for where all volumes are other programs’ caches', async test => {
    const asCache = {
      volumes: (own: Parameters<typeof plantBlob>[0]) => [
        { ...own, layout: { ...own.layout, owned: false } },
      ],
    }
    const { urls } = createUrlSetting(test, asCache)
    await assert.rejects(urls.url(ref), BlobMissing)
  })

  it('to be shown, is asked for once and for all', async test => {
    const { urls, archive, counts, state } = createUrlSetting(test)
    await archive(ref, PHOTO, 'image/jpeg')
    for (const filename of ['a.jpg', 'b.jpg', 'c.html'])
      await urls.url(ref, { disposition: 'inline', filename })
    state.now += 10 * LIFETIME
    await urls.url(ref, { disposition: 'inline' })
    assert.deepEqual([counts.beginnings, counts.heads], [1, 0])
  })

  it('to be shown, is a missing blob’s when the bucket has not got it', async test => {
    const { urls } = createUrlSetting(test)
    await assert.rejects(urls.url(ref, { disposition: 'inline' }), BlobMissing)
  })
})

describe('what a URL says', () => {
  it('is its disposition, with a name, and always some', async test => {
    const { urls, archive } = createUrlSetting(test)
    await archive(ref, PHOTO, 'image/jpeg')
    const say = async (request?: Parameters<typeof urls.url>[1]) => {
      const signed = await urls.url(ref, request)
      const header = new URL(signed?.url ?? '').searchParams.get('response-content-disposition') ?? ''
      const { type, filename } = readDisposition(header)
      assert.equal(type, signed?.disposition)
      return [type, filename]
    }
    assert.deepEqual(await say(), ['attachment', undefined])
    const filename = `Zürich, "am (See)" 😀's 100%.jpg`
    assert.deepEqual(await say({ filename }), ['attachment', filename])
    const inline = { disposition: 'inline' as const, contentType: 'image/jpeg' }
    assert.deepEqual(await say({ ...inline, filename }), ['inline', filename])
    assert.deepEqual(await say({ ...inline, filename: 'a.html' }), ['attachment', 'a.html'])
    assert.deepEqual(await say({ ...inline, contentType: 'text/html' }), ['attachment', undefined])
  })

  it('is attachment for what is no photograph, or more than one thing', async test => {
    const { urls, archive } = createUrlSetting(test)
    const page = Buffer.from('<html><script>alert(1)</script>')
    const contents: [Buffer, string][] = [
      [page, 'image/jpeg'],
      [Buffer.concat([PHOTO.subarray(0, 20), page, PHOTO.subarray(20)]), 'image/jpeg'],
      [PHOTO, 'text/html'],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'],
      [Buffer.alloc(0), 'image/jpeg'],
    ]
    for (const [number, [bytes, type]] of contents.entries()) {
      await archive(refNumber(number), bytes, type)
      const signed = await urls.url(refNumber(number), { disposition: 'inline' })
      assert.equal(signed?.disposition, 'attachment', String(number))
    }
  })

  it('is in characters that nobody on the way writes differently', async test => {
    const { urls } = createUrlSetting(test)
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 50 }), async filename => {
        const signed = await urls.url(ref, { filename: `${filename}!'()*~.jpg` })
        assert.match(
          signed?.url ?? '',
          /^https:\/\/[a-z0-9./]+\?response-content-disposition=[\w.~%-]+&Expires=\d+&Key-Pair-Id=K0&Signature=[\w~-]+&Hash-Algorithm=SHA256$/,
        )
      }),
    )
  })

  it('refuses what is no ref', async test => {
    const { urls } = createUrlSetting(test)
    await assert.rejects(urls.url({ oid: '../..', tid: ref.tid }), { code: 'REF_INVALID' })
  })
})

describe('the memo of URLs', () => {
  it('gives out the same URL within a window, and none that has less than half of its lifetime left', async test => {
    const { urls, state, counts } = createUrlSetting(test)
    let last = 0
    for (state.now = START; state.now < START + 3 * LIFETIME; state.now += 97_000) {
      const signed = await urls.url(ref)
      assert.ok(signed && signed.expires > state.now + LIFETIME / 2 && signed.expires <= state.now + LIFETIME)
      assert.ok(signed.expires >= last)
      last = signed.expires
    }
    assert.equal(counts.signatures, 7)
  })

  it('gives out nothing that outlives the lifetime, after a clock that was ahead is right again', async test => {
    const { urls, state } = createUrlSetting(test)
    for (const ahead of [30 * 86_400_000, LIFETIME, LIFETIME / 2]) {
      state.now = START + ahead
      const wrong = await urls.url(ref)
      state.now = START
      // Has the key read again; until then the memo gives out nothing at all.
      await urls.url(refNumber(2))
      const signed = await urls.url(ref)
      assert.ok(signed && signed.expires > START && signed.expires <= START + LIFETIME)
      assert.notEqual(signed.url, wrong?.url)
    }
  })

  it('takes null, which an application’s database may have, for nothing said', async test => {
    const { urls, archive, counts } = createUrlSetting(test)
    await archive(ref, PHOTO, 'image/jpeg')
    const nothing = { filename: null, contentType: null }
    assert.deepEqual(await urls.url(ref, { ...nothing, disposition: null }), await urls.url(ref))
    const shown = await urls.url(ref, { ...nothing, disposition: 'inline' })
    assert.deepEqual(shown, await urls.url(ref, { disposition: 'inline' }))
    assert.equal(shown?.disposition, 'inline')
    assert.equal(counts.signatures, 2)
    assert.notEqual((await urls.url(ref, { filename: 'null' }))?.url, (await urls.url(ref))?.url)
  })

  it('holds requests apart that differ in anything', async test => {
    const { urls, archive, counts } = createUrlSetting(test)
    await archive(ref, PHOTO, 'image/jpeg')
    const requests = [
      {},
      { filename: 'a.jpg' },
      { filename: 'image/jpeg a.jpg' },
      { contentType: 'image/jpeg a.jpg' },
      { contentType: 'image/jpeg', filename: 'a.jpg' },
      { contentType: '', filename: 'a.jpg' },
      { contentType: 'image/png', filename: 'a.jpg', disposition: 'inline' as const },
      { contentType: 'image/jpeg', filename: 'a.jpg', disposition: 'inline' as const },
    ]
    const first = await Promise.all(requests.map(request => urls.url(ref, request)))
    const again = await Promise.all(requests.map(request => urls.url(ref, request)))
    assert.deepEqual(again, first)
    assert.equal(counts.signatures, requests.length)
    assert.deepEqual(
      first.map(signed => signed?.disposition),
      [...Array(7).fill('attachment'), 'inline'],
    )
  })
})
