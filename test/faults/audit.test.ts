import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { archiveBlob } from '../../core/archive.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { createSetting, plantVolume, scratch } from '../flows/setting.ts'
import { audit } from './audit.ts'
import { knownBlobs, plantAside, plantKnown } from './known-blobs.ts'

async function oneArchived(test: TestContext) {
  const base = scratch(test)
  const { archive, bucket, index } = createSetting()
  const volume = plantVolume(join(base, 'blobs'))
  const [blob] = knownBlobs(1)
  assert.ok(blob)
  plantKnown(volume, [blob])
  const path = volume.pathOf(blob.ref)
  await archiveBlob(archive, blob.ref, path)
  const cache = join(base, 'cache')
  const places = { database: 'main', bucket, index, volume: volume.directory, copies: [cache] }
  const look = async () => (await audit(places, [blob])).wrong
  const ref = formatRef(blob.ref)
  return { bucket, index, volume, blob, path, cache, look, ref, key: blobKey('main', blob.ref) }
}

/** What the tests with faults and kills rely on: an audit that finds nothing means something. */
describe('an audit', () => {
  it('finds nothing wrong while the bytes are in the volume, aside or in the bucket', async test => {
    const { bucket, index, volume, blob, path, look, key } = await oneArchived(test)
    assert.deepEqual(await look(), [])
    rmSync(path)
    assert.deepEqual(await look(), [])
    plantAside(volume, blob)
    bucket.mark(key)
    index.rows.clear()
    assert.deepEqual(await look(), [])
  })

  it('finds a blob that is nowhere any more, also when a copy has it', async test => {
    const { bucket, index, blob, path, cache, look, ref, key } = await oneArchived(test)
    bucket.mark(key)
    index.rows.clear()
    rmSync(path)
    mkdirSync(cache)
    writeFileSync(join(cache, `${blob.ref.oid}-${blob.ref.tid}.blob`), blob.content)
    assert.deepEqual(await look(), [`${ref}: lost`])
  })

  it('finds one wrong byte wherever it is', async test => {
    const { bucket, volume, blob, path, cache, look, key } = await oneArchived(test)
    const spoilt = Buffer.from(blob.content)
    spoilt[7] = (spoilt[7] ?? 0) ^ 1
    bucket.damage(key, spoilt)
    plantAside(volume, { ...blob, content: spoilt })
    const cached = join(cache, 'v1/main/00', `${blob.ref.oid}-${blob.ref.tid}.blob`)
    mkdirSync(dirname(cached), { recursive: true })
    writeFileSync(cached, spoilt)
    chmodSync(path, 0o600)
    appendFileSync(path, 'x')
    const wrong = await look()
    for (const place of ['bucket', 'releasing', 'v1/main', '0x00']) {
      assert.ok(
        wrong.some(text => text.includes('other bytes') && text.includes(place)),
        place,
      )
    }
  })

  it('finds a row whose object is not there, or is another version', async test => {
    const { bucket, look, key } = await oneArchived(test)
    bucket.mark(key)
    assert.match(String(await look()), /the row tells of an object that is not there/)
  })
})
