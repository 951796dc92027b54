import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createBlobs } from '../../client/read/blobs.ts'
import { createCache } from '../../client/read/cache/cache.ts'
import { cachePaths } from '../../client/read/cache/cache-paths.ts'
import { createLedgerFile } from '../../client/read/cache/ledger-file.ts'
import { archiveBlob } from '../../core/archive.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { blobKey } from '../../core/model/key.ts'
import { recallBlob } from '../../core/recall.ts'
import { runRecall } from '../../core/recall-run.ts'
import { releaseBlob } from '../../core/release.ts'
import { linkOrRename } from '../../core/volume/aside.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import {
  AT_ONCE,
  createSetting,
  plantBlob,
  plantVolume,
  refNumber,
  scratch,
  silent,
} from '../flows/setting.ts'
import { arm, disarm, parseFault } from './failpoints/fault.ts'
import { failing } from './failpoints/ports.ts'
import './failpoints/register.ts'

/** What failpoints have found, by name. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

afterEach(disarm)

async function oneArchived(test: TestContext) {
  const { archive, bucket } = createSetting()
  const base = scratch(test)
  const volume = plantVolume(join(base, 'blobs'))
  const ref = refNumber(1)
  const path = plantBlob(volume, ref, 'the blob')
  const { row } = await archiveBlob(archive, ref, path)
  return { archive, bucket: failing(bucket), base, volume, ref, path, row }
}

describe('a disk that refuses', () => {
  it('to tell whether ZODB packs, keeps everything in its place (I1)', async test => {
    const { archive, volume, row, path } = await oneArchived(test)
    writeFileSync(join(volume.directory, '.removed'), '')
    arm(parseFault('volume.access:before:error=EIO'))
    await assert.rejects(releaseBlob(archive, volume, row, AT_ONCE), { code: 'DISK_REFUSED' })
    assert.equal(readFileSync(path, 'utf8'), 'the blob')
  })

  it('to tell whether a name is taken, has nothing renamed over it', async test => {
    const base = scratch(test)
    const [from, to] = [join(base, 'from'), join(base, 'to')]
    writeFileSync(from, 'arriving')
    writeFileSync(to, 'the only copy of something')
    // A file system without hard links.
    arm({ name: 'aside.link', side: 'before', action: { kind: 'error', code: 'EPERM' }, nth: 1 })
    const moved = linkOrRename(from, to)
    arm(parseFault('volume.access:before:error=EIO'))
    await assert.rejects(moved, { code: 'DISK_REFUSED' })
    assert.equal(readFileSync(to, 'utf8'), 'the only copy of something')
  })

  it('to write a new volume’s marker, leaves none that is empty', async test => {
    const { archive, bucket, base, ref } = await oneArchived(test)
    const copy = join(base, 'copy')
    const recall = () => {
      plantVolume(copy)
      rmSync(join(copy, '.layout'))
      const options = { jobs: 1, verify: false }
      return runRecall({ ...archive, bucket }, openVolume(copy), [{ ref, size: 8 }], options, silent)
    }
    arm(parseFault('mark-layout.writeFile:before:error=ENOSPC'))
    await assert.rejects(recall(), { code: 'ENOSPC' })
    assert.ok(!existsSync(join(copy, '.layout')))
    disarm()
    await recall()
    assert.equal(readFileSync(join(copy, '.layout'), 'utf8'), 'bushy')
  })

  it('to read on while a blob is uploaded, is not told as a failure of the server', async test => {
    const { base, archive, volume } = await oneArchived(test)
    const ref = refNumber(2)
    const path = plantBlob(volume, ref, Buffer.alloc(3 * 2 ** 20))
    const s3 = await startS3({ directory: join(base, 's3'), buckets: ['some-bucket'] })
    test.after(() => s3.close())
    process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey
    const config = { name: 'some-bucket', region: SANDBOX_REGION, endpoint: s3.endpoint, pathStyle: true }
    const bucket = createS3Bucket({ ...config, checksums: 'server' })
    arm(parseFault('source.read:before:error=EIO:5'))
    await assert.rejects(archiveBlob({ ...archive, bucket }, ref, path), { code: 'SOURCE_UNREADABLE' })
    assert.equal(await bucket.head(blobKey('main', ref)), undefined)
  })

  for (const fault of ['receive.open', 'receive.write']) {
    it(`${fault.replace('receive.', '')}, leaves no request of the bucket open`, async test => {
      const { archive, bucket, volume, ref, path } = await oneArchived(test)
      rmSync(path)
      arm(parseFault(`${fault}:before:error=ENOSPC`))
      const recall = recallBlob({ ...archive, bucket }, volume, { ref, size: 8 }, { verify: false })
      await assert.rejects(recall, { code: 'TARGET_UNWRITABLE' })
      assert.deepEqual([...bucket.unfinished], [])
    })
  }

  it('to remove what a fetched blob was staged under, does not keep the blob from its reader', async test => {
    const { bucket, base, ref } = await oneArchived(test)
    const cache = createCache({ directory: join(base, 'cache'), limit: 10 ** 9 }, 'some-bucket', 'main')
    arm(parseFault('receive.rm:before:error=EIO'))
    const path = await createBlobs({ database: 'main', volumes: [], cache, bucket }).path(ref)
    assert.equal(readFileSync(path, 'utf8'), 'the blob')
    assert.deepEqual(readdirSync(join(base, 'cache/v1/.incoming')), [])
  })

  it('to close what was written, is told by an error of ours', async test => {
    const { bucket, base, ref } = await oneArchived(test)
    const cache = createCache({ directory: join(base, 'cache'), limit: 10 ** 9 }, 'some-bucket', 'main')
    arm(parseFault('receive.close:before:error=EIO'))
    const reading = createBlobs({ database: 'main', volumes: [], cache, bucket }).path(ref)
    await assert.rejects(reading, { code: 'CACHE_UNUSABLE' })
  })
})

describe('two processes that make the ledger at the same moment', () => {
  it('go on with the one that was first: the slower removes nothing that came meanwhile', async test => {
    const directory = join(scratch(test), 'cache')
    const script = `
      const { createLedgerFile } = await import(${JSON.stringify(join(ROOT, 'client/read/cache/ledger-file.ts'))})
      const { cachePaths } = await import(${JSON.stringify(join(ROOT, 'client/read/cache/cache-paths.ts'))})
      createLedgerFile(cachePaths(${JSON.stringify(directory)})).use(() => {})`
    const slow = spawn(
      process.execPath,
      ['--import', join(ROOT, 'test/faults/failpoints/register.ts'), '--input-type=module', '-e', script],
      {
        env: { PATH: process.env.PATH, BLOBS_FAILPOINT: 'ledger-file.rmSync:before:delay=800' },
        stdio: 'inherit',
      },
    )
    const ended = once(slow, 'exit')
    const paths = cachePaths(directory)
    // The slow one has made its ledger, and is about to give it the name.
    while (slow.exitCode === null && !namesIn(paths.root).some(name => name.startsWith('.ledger.sqlite.')))
      await delay(5)
    await delay(200)
    const file = createLedgerFile(paths)
    file.use(() => {})
    const used = readlinkSync(paths.ledger)
    assert.deepEqual(await ended, [0, null])
    assert.equal(readlinkSync(paths.ledger), used)
    file.close()
  })
})

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}
