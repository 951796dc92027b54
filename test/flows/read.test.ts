import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { BlobMissing, BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBucket } from '../../core/ports.ts'
import { openVolume } from '../../core/volume/volume.ts'
import {
  AT_ONCE,
  archiveVolume,
  copyTree,
  createSetting,
  hashFile,
  refNumber,
  scratch,
  trueBlobs,
} from './setting.ts'

async function released(test: Parameters<typeof scratch>[0]) {
  const setting = createSetting()
  const base = scratch(test)
  const volume = openVolume(copyTree('bushy', join(base, 'blobs')))
  await archiveVolume(setting.archive, volume, { release: AT_ONCE, jobs: 8 })
  const cache = createCache({ directory: join(base, 'cache'), limit: 2 ** 30 }, 'some-bucket', 'main')
  const counted = countGets(setting.bucket)
  const blobs = createBlobs({ database: 'main', volumes: [volume], cache, bucket: counted.bucket })
  return { ...setting, base, volume, cache, blobs, gets: counted.gets }
}

function countGets(bucket: BlobBucket) {
  const gets: string[] = []
  const get: BlobBucket['get'] = (key, signal) => {
    gets.push(key)
    return bucket.get(key, signal)
  }
  return { gets, bucket: { ...bucket, get } }
}

describe('reading', () => {
  it('finds a blob in the volume, then in the cache, then in the bucket', async test => {
    const setting = createSetting()
    const base = scratch(test)
    const volume = openVolume(copyTree('bushy', join(base, 'blobs')))
    const blobs = createBlobs({
      database: 'main',
      volumes: [volume],
      cache: createCache({ directory: join(base, 'cache'), limit: 2 ** 30 }, 'some-bucket', 'main'),
      bucket: setting.bucket,
    })
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const tierOf = async () => (await blobs.locate(blob)).tier
    assert.equal(await tierOf(), 'volume')
    await archiveVolume(setting.archive, volume, { release: AT_ONCE })
    assert.deepEqual([await tierOf(), await tierOf()], ['bucket', 'cache'])
  })

  it('gives every released blob back byte for byte, read-only and without leftovers (I2)', async test => {
    const { blobs, base } = await released(test)
    for (const blob of trueBlobs('bushy')) {
      const path = await blobs.path(blob)
      assert.equal(hashFile(path), blob.sha256)
      assert.equal(statSync(path).mode & 0o222, 0)
      const file = await blobs.open(blob)
      assert.equal((await file.readFile()).length, blob.size)
      await file.close()
    }
    assert.deepEqual(readdirSync(join(base, 'cache/v1/.incoming')), [])
  })

  it('fetches a blob once, however many ask for it at the same time', async test => {
    const { blobs, gets } = await released(test)
    const [one, two] = trueBlobs('bushy')
    assert.ok(one && two)
    const paths = await Promise.all(Array.from({ length: 100 }, (_, i) => blobs.path(i % 2 ? one : two)))
    assert.equal(new Set(paths).size, 2)
    assert.equal(gets.length, 2)
  })

  it('publishes nothing when the bytes are not what was archived, and asks again the next time (I2)', async test => {
    const { blobs, bucket, cache, gets, base } = await released(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const key = blobKey('main', blob)
    const whole = bucket.versions.get(key)?.at(-1)?.object?.content
    assert.ok(whole)
    const flipped = Buffer.from(whole)
    flipped[100] = (flipped[100] ?? 0) ^ 4
    for (const damaged of [flipped, whole.subarray(1), Buffer.concat([whole, whole]), Buffer.alloc(0)]) {
      bucket.damage(key, damaged)
      await assert.rejects(blobs.path(blob), { code: 'BLOB_DAMAGED' })
      assert.ok(!existsSync(cache.pathOf(blob)))
    }
    bucket.damage(key, whole)
    assert.equal(hashFile(await blobs.path(blob)), blob.sha256)
    // Each damaged one twice: damage on the way looks the same at first sight.
    assert.equal(gets.length, 9)
    assert.deepEqual(readdirSync(join(base, 'cache/v1/.incoming')), [])
  })

  it('fetches once more what came damaged, and tells spoiled ways from a damaged object (I2, I11)', async test => {
    const { blobs, bucket } = await released(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    const key = blobKey('main', blob)
    const whole = bucket.versions.get(key)?.at(-1)?.object?.content
    assert.ok(whole)
    const get = bucket.get.bind(bucket)
    let times = 0
    bucket.get = async (wanted, signal) => {
      times += 1
      bucket.damage(key, Buffer.concat([whole, Buffer.alloc(times)]))
      return get(wanted, signal)
    }
    const outage = (error: unknown) => error instanceof BlobUnavailable && error.code === 'SERVER_FAILED'
    await assert.rejects(blobs.path(blob), outage)
    assert.equal(times, 2)
    bucket.get = async (wanted, signal) => {
      times += 1
      bucket.damage(key, times > 3 ? whole : whole.subarray(1))
      return get(wanted, signal)
    }
    assert.equal(hashFile(await blobs.path(blob)), blob.sha256)
    assert.equal(times, 4)
  })

  it('says missing only of what is missing; an outage is another error (I11)', async test => {
    const { blobs, bucket } = await released(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    await assert.rejects(blobs.path(refNumber(123_456)), BlobMissing)
    bucket.failWith(new BlobUnavailable('SERVER_UNREACHABLE', 'outage', { subject: 'bucket', hint: 'wait' }))
    for (const ref of [blob, refNumber(123_456)]) {
      await assert.rejects(
        blobs.path(ref),
        error => error instanceof BlobUnavailable && !(error instanceof BlobMissing),
      )
    }
    bucket.failWith(undefined)
    assert.equal(hashFile(await blobs.path(blob)), blob.sha256)
  })

  it('calls nothing missing while a volume is unmounted, moved away or empty (I11)', async test => {
    const { blobs, volume } = await released(test)
    await assert.rejects(blobs.open(refNumber(123_456)), BlobMissing)
    const unmounted = (error: unknown) => error instanceof BlobUnavailable && error.code === 'DISK_UNREADABLE'
    renameSync(volume.directory, `${volume.directory}.away`)
    for (const get of [blobs.path, blobs.open, blobs.stream])
      await assert.rejects(get(refNumber(1)), unmounted)
    mkdirSync(volume.directory)
    await assert.rejects(blobs.path(refNumber(1)), unmounted)
    rmSync(volume.directory, { recursive: true })
    renameSync(`${volume.directory}.away`, volume.directory)
    await assert.rejects(blobs.path(refNumber(1)), BlobMissing)
    const empty = openVolume(scratch(test))
    const cache = createCache({ directory: scratch(test), limit: 10 }, 'some-bucket', 'main')
    const bucket = createSetting().bucket
    const early = createBlobs({ database: 'main', volumes: [empty], cache, bucket })
    await assert.rejects(early.path(refNumber(1)), unmounted)
    // What a new disk has, and what was written while another one was not mounted.
    for (const name of ['lost+found', '.nice-blobs', 'tmp', '.removed']) {
      mkdirSync(join(empty.directory, name))
      await assert.rejects(early.path(refNumber(1)), unmounted, name)
    }
    writeFileSync(join(empty.directory, '.layout'), 'bushy')
    await assert.rejects(early.path(refNumber(1)), BlobMissing)
  })

  it('goes on from volume and cache while the bucket is away', async test => {
    const { blobs, bucket } = await released(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    await blobs.path(blob)
    bucket.failWith(new Error('outage'))
    assert.equal(hashFile(await blobs.path(blob)), blob.sha256)
  })

  it('fetches again what was taken out of the cache', async test => {
    const { blobs } = await released(test)
    const [blob] = trueBlobs('bushy')
    assert.ok(blob)
    rmSync(await blobs.path(blob))
    const file = await blobs.open(blob)
    assert.equal((await file.readFile()).length, blob.size)
    await file.close()
  })

  it('refuses an id that is no id before it becomes a path', async test => {
    const { blobs } = await released(test)
    for (const oid of ['../../../etc/passwd', '', '04D2'.repeat(4)]) {
      await assert.rejects(blobs.path({ oid, tid: '03d167f919308700' }), { code: 'REF_INVALID' })
    }
  })

  it('keeps the caches of two buckets apart, whose databases bear the same name (I2)', () => {
    const ref = refNumber(1)
    const pathIn = (bucket: string) =>
      createCache({ directory: '/c', limit: 2 ** 30 }, bucket, 'main').pathOf(ref)
    assert.notEqual(pathIn('production'), pathIn('staging'))
    assert.match(pathIn('../../etc'), /^\/c\/v1\/[^/]+\/main\//)
  })

  it('keeps the caches of two databases apart (I9)', () => {
    const ref = refNumber(1)
    assert.notEqual(
      createCache({ directory: '/c', limit: 2 ** 30 }, 'some-bucket', 'one').pathOf(ref),
      createCache({ directory: '/c', limit: 2 ** 30 }, 'some-bucket', 'two').pathOf(ref),
    )
  })
})
