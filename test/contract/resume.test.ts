import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { archiveBlob } from '../../core/archive.ts'
import { createRetry } from '../../core/aws/retry.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { blobKey } from '../../core/model/key.ts'
import { bySchedule, type Choose, type Exchange } from '../../sandbox/fault-proxy/choose.ts'
import type { Fault } from '../../sandbox/fault-proxy/fault.ts'
import { startFaultProxy } from '../../sandbox/fault-proxy/proxy.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { plantBlob, plantVolume, refNumber, scratch } from '../flows/setting.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { factsOf, readAll } from './bucket-contract.ts'

process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey

const content = randomBytes(3_000_000)
const facts = factsOf(content)
const key = blobKey('main', refNumber(1))
const BREAKS = ['resetInBody', 'stallInBody', 'shortBody'] as const

const s3 = await startS3({ directory: join(scratch({ after }), 's3'), buckets: ['some-bucket'] })
after(() => s3.close())

/** The client of every day, but with little patience; the SDK's own repetitions are at work too. */
async function throughFaults(choose: Choose) {
  const proxy = await startFaultProxy({ target: s3.endpoint, choose })
  after(() => proxy.close())
  const config = {
    name: 'some-bucket',
    region: SANDBOX_REGION,
    pathStyle: true,
    checksums: 'server' as const,
  }
  const at = (endpoint: string) => {
    const client = createS3Client({ ...config, endpoint }, { connectionTimeout: 1_000, socketTimeout: 300 })
    const retry = createRetry({ attempts: 3, firstWait: 1, longestWait: 2 })
    return createS3Bucket({ ...config, endpoint }, client, retry)
  }
  return { bucket: at(proxy.endpoint), truth: at(s3.endpoint), proxy }
}

describe('a body', async () => {
  const { truth } = await throughFaults(() => undefined)
  await truth.put(key, facts, { open: () => content })

  for (const name of BREAKS) {
    it(`is continued where it broke off by ${name}, again and again (I2)`, async () => {
      const { bucket, proxy } = await throughFaults(bySchedule(Array<Fault>(5).fill({ name })))
      const found = await bucket.get(key)
      assert.ok(found)
      assert.deepEqual(await readAll(found.body), content)
      assert.ok(proxy.exchanges() > 5)
      assert.equal(proxy.faultsMade()[name], 5)
    })
  }

  it('is continued after any number of tries with progress and a few without (I2)', async () => {
    const broken: Fault = { name: 'shortBody' }
    const fruitless: Fault = { name: 'reset', moment: 'before' }
    const { bucket } = await throughFaults(bySchedule([broken, broken, broken, broken, fruitless, broken]))
    const found = await bucket.get(key)
    assert.ok(found)
    assert.deepEqual(await readAll(found.body), content)
  })

  it('is an outage when nothing more of it ever comes (I11)', async () => {
    const first = ({ number }: Exchange): Fault | undefined =>
      number === 1 ? { name: 'resetInBody' } : { name: 'reset', moment: 'before' }
    const { bucket } = await throughFaults(first)
    const found = await bucket.get(key)
    assert.ok(found)
    await assert.rejects(readAll(found.body), { code: 'SERVER_UNREACHABLE' })
  })
})

describe('a streamed upload', () => {
  const streamed = () => Readable.from(content, { objectMode: false })
  const faults: Fault[] = [
    { name: 'reset', moment: 'before' },
    { name: 'SlowDown', moment: 'before' },
    { name: 'ConditionalRequestConflict', moment: 'before' },
  ]
  for (const fault of faults) {
    it(`is opened again after ${fault.name} and stored (I3)`, async () => {
      const { bucket, truth } = await throughFaults(bySchedule([fault, fault]))
      const fresh = blobKey('fresh', refNumber(faults.indexOf(fault)))
      let opened = 0
      const open = () => {
        opened += 1
        return streamed()
      }
      assert.equal((await bucket.put(fresh, facts, { open })).outcome, 'stored')
      assert.equal(opened, 3)
      const found = await truth.get(fresh)
      assert.ok(found)
      assert.deepEqual(await readAll(found.body), content)
    })
  }

  it('that is refused before it is read leaves its file open for the last look (I8)', async test => {
    const { truth } = await throughFaults(() => undefined)
    const volume = plantVolume(join(scratch(test), 'volume'))
    const ref = refNumber(7)
    const path = plantBlob(volume, ref, content)
    for (const outcome of ['archived', 'present', 'present']) {
      const archive = { database: 'twice', bucket: truth, index: createMemoryIndex(), now: Date.now }
      assert.equal((await archiveBlob(archive, ref, path)).outcome, outcome)
    }
  })

  it('finds itself when the answer was lost (I8)', async () => {
    const { bucket } = await throughFaults(bySchedule([{ name: 'reset', moment: 'after' }]))
    const fresh = blobKey('fresh', refNumber(99))
    assert.equal((await bucket.put(fresh, facts, { open: streamed })).outcome, 'present')
    assert.equal((await bucket.head(fresh))?.sha256, facts.sha256)
  })
})
