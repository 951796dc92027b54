import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { EXIT } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { formatRef } from '../../core/model/ref.ts'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { trueBlobs } from '../flows/setting.ts'
import { install } from './command.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

const BLOBS = trueBlobs('bushy')
const DAY = 86_400_000
const Bucket = 'some-bucket'
const PLACE = 'some-bucket/inventory'
const SCHEMA =
  'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, StorageClass, ReplicationStatus'

interface Version {
  key: string
  size?: number
  latest?: boolean
  marker?: boolean
}

/** An archived volume, and an inventory of the bucket as S3 writes one, in files that are sorted by nothing. */
async function withInventory(test: TestContext) {
  // With the section of the stack, which takes no endpoints, as on the host of whoever deploys.
  const installation = await install(test, 'bushy', {
    bucket: { name: Bucket, region: 'us-east-1', pathStyle: true },
    index: { table: 'some-table' },
    stack: {},
  })
  const { sandbox, run, volume, environment } = installation
  environment.AWS_ENDPOINT_URL_S3 = sandbox.bucketEndpoint
  environment.AWS_ENDPOINT_URL_DYNAMODB = sandbox.indexEndpoint
  assert.equal((await run('archive', volume)).status, 0)
  const config = { name: Bucket, region: sandbox.region, endpoint: sandbox.bucketEndpoint, pathStyle: true }
  const s3 = createS3Client({ ...config, checksums: 'server' })
  const table = { table: 'some-table', endpoint: sandbox.indexEndpoint }
  const dynamo = createDynamoClient(table, config)
  const index = createDynamoIndex('some-table', dynamo)
  test.after(() => {
    s3.destroy()
    dynamo.destroy()
  })
  const put = (Key: string, Body: Buffer | string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }))
  const writeInventory = async (
    versions: readonly Version[],
    { madeAt = Date.now() + 3 * DAY, spoil = false } = {},
  ) => {
    const time = new Date(madeAt).toISOString()
    const folder = `inventory/${Bucket}/daily`
    const halves = [versions.filter((_, i) => i % 2 === 1).reverse(), versions.filter((_, i) => i % 2 === 0)]
    const files = []
    for (const [number, half] of halves.entries()) {
      const lines = half.map(({ key, size, latest = true, marker = false }) => {
        const cells = [Bucket, encodeURIComponent(key), 'v', latest, marker, size ?? '', time, 'STANDARD', '']
        return cells.map(cell => `"${cell}"`).join(',')
      })
      const content = gzipSync(lines.map(line => `${line}\n`).join(''))
      const key = `${folder}/data/${number}-${madeAt}.csv.gz`
      await put(key, content)
      const whole = spoil ? Buffer.from('other bytes') : content
      files.push({ key, size: content.length, MD5checksum: createHash('md5').update(whole).digest('hex') })
    }
    const manifest = {
      sourceBucket: Bucket,
      destinationBucket: `arn:aws:s3:::${Bucket}`,
      version: '2016-11-30',
    }
    const about = { creationTimestamp: String(madeAt), fileFormat: 'CSV', fileSchema: SCHEMA, files }
    const at = `${time.slice(0, 16).replace(/:/g, '-')}Z`
    await put(`${folder}/${at}/manifest.json`, JSON.stringify({ ...manifest, ...about }))
    await put(`${folder}/${at}/manifest.checksum`, 'nothing')
  }
  const setRow = async (blob: (typeof BLOBS)[number], change: Partial<BlobRow>) => {
    const [row] = await index.find('main', [blob])
    assert.ok(row && (await index.replace(row, { ...row, ...change })))
  }
  const mark = (blob: (typeof BLOBS)[number]) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key: blobKey('main', blob) }))
  return { ...installation, writeInventory, setRow, mark }
}

const all: Version[] = BLOBS.map(blob => ({ key: blobKey('main', blob), size: blob.size }))

describe('check by the inventory of the bucket', () => {
  it('agrees with a bucket that is as its inventory says, and takes the newest of several', async test => {
    const { run, writeInventory } = await withInventory(test)
    await writeInventory([], { madeAt: Date.now() - DAY })
    await writeInventory([...all, { key: 'blobs/other/x', size: 3 }, { key: 'packs/main/y', size: 3 }])
    const ran = await run('check', '--inventory', `s3://${PLACE}`, '--json')
    assert.equal(ran.status, 0, ran.err)
    assert.equal(ran.events.filter(({ event }) => event === 'difference').length, 0)
    assert.equal(ran.events.filter(({ outcome }) => outcome === 'agreeing').length, BLOBS.length)
  })

  it('looks in the bucket at whatever differs, since an inventory is old', async test => {
    const { run, writeInventory, mark } = await withInventory(test)
    const [lost, since] = BLOBS
    assert.ok(lost && since)
    await mark(lost)
    const markers = [{ key: blobKey('main', lost), marker: true }]
    const older = all.map(version =>
      version.key === markers[0]?.key ? { ...version, latest: false } : version,
    )
    await writeInventory([...older.filter(({ key }) => key !== blobKey('main', since)), ...markers])
    const ran = await run('check', '--inventory', PLACE, '--json')
    assert.equal(ran.status, EXIT.integrity)
    const differences = ran.events.filter(({ event }) => event === 'difference')
    assert.deepEqual(
      differences.map(({ class: name, subject }) => [name, subject]),
      [['lost', formatRef(lost)]],
    )
  })

  it('tells of a swept blob that has no version left to undelete (I5)', async test => {
    const { run, writeInventory, setRow, mark } = await withInventory(test)
    const [retained, forgotten] = BLOBS
    assert.ok(retained && forgotten)
    for (const blob of [retained, forgotten]) {
      await mark(blob)
      await setRow(blob, { state: 'swept', sweptAt: Date.now() })
    }
    const gone = blobKey('main', forgotten)
    const kept = blobKey('main', retained)
    const versions = all.filter(({ key }) => key !== gone)
    await writeInventory(versions.map(version => ({ ...version, latest: version.key !== kept })))
    const ran = await run('check', '--inventory', PLACE, '--json')
    const differences = ran.events.filter(({ event }) => event === 'difference')
    assert.deepEqual(
      differences.map(({ class: name, subject }) => [name, subject]),
      [['forgotten', formatRef(forgotten)]],
    )
    assert.equal(ran.status, EXIT.integrity)
  })

  it('compares nothing by an inventory that is not there, or not what its manifest says', async test => {
    const { run, writeInventory } = await withInventory(test)
    const none = await run('check', '--inventory', PLACE)
    assert.equal(none.status, EXIT.input)
    assert.match(none.err, /no inventory has been made yet/)
    await writeInventory(all, { spoil: true })
    const spoiled = await run('check', '--inventory', PLACE)
    assert.equal(spoiled.status, EXIT.integrity)
    assert.match(spoiled.err, /FORMAT_UNKNOWN.*not what its manifest says/)
    assert.doesNotMatch(spoiled.out, /difference|agreeing/)
  })
})
