import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { createRetry } from '../../core/aws/retry.ts'
import { createS3Beginnings } from '../../core/aws/s3-beginning.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import type { BlobBeginnings } from '../../core/ports.ts'
import { EVERY_FAULT } from '../../sandbox/fault-proxy/fault.ts'
import { SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { factsOf } from './bucket-contract.ts'
import { s3ClientAt } from './s3-through-faults.ts'
import { type Call, holdUnder, PATIENCE, startSpoiling, timeOutFor, titleOf } from './through-faults.ts'

/** Under every fault the adapter tells what is true of an object's beginning, or that nobody can tell. */

let readingDenied = false
const s3 = await startS3({
  directory: join(scratch({ after }), 's3'),
  buckets: ['some-bucket'],
  deny: ({ action }) => readingDenied && ['GetObject', 'HeadObject'].includes(action),
})
const spoiling = await startSpoiling(s3.endpoint)
after(() => s3.close())

const placeAt = (endpoint: string) => ({
  name: 'some-bucket',
  region: SANDBOX_REGION,
  endpoint,
  pathStyle: true,
  checksums: 'server' as const,
})

function beginningsAt(endpoint: string, timeOut = PATIENCE): BlobBeginnings {
  const impatient = createRetry({ attempts: 3, firstWait: 1, longestWait: 2 })
  return createS3Beginnings(placeAt(endpoint), s3ClientAt(endpoint, timeOut), impatient)
}

const content = randomBytes(5000)
const [present, empty, absent] = [1, 2, 3].map(number => blobKey('main', refNumber(number))) as [
  string,
  string,
  string,
]
const truth = createS3Bucket(placeAt(s3.endpoint), s3ClientAt(s3.endpoint))
await truth.put(present, factsOf(content, 'image/png'), { open: () => content })
await truth.put(empty, factsOf(Buffer.alloc(0)), { open: () => Buffer.alloc(0) })

const CALLS: Record<string, Call<BlobBeginnings>> = {
  // Nothing in the protocol tells of changed bytes in a part of an object.
  'reading a beginning (I11)': {
    blindTo: ['flippedAnswer'],
    run: async beginnings => {
      const found = await beginnings.read(present, 100)
      assert.deepEqual([found?.stored.size, found?.stored.contentType], [5000, 'image/png'])
      assert.deepEqual(Buffer.from(found?.bytes ?? []), content.subarray(0, 100))
    },
  },
  'reading the beginning of nothing (I11)': {
    run: async beginnings => assert.equal((await beginnings.read(empty, 100))?.stored.size, 0),
  },
  'reading a beginning of what is missing (I11)': {
    run: async beginnings => assert.equal(await beginnings.read(absent, 100), undefined),
  },
  'reading a beginning that may not be read (I11)': {
    blindTo: ['flippedAnswer'],
    run: async beginnings => {
      readingDenied = true
      try {
        await assert.rejects(beginnings.read(present, 100), error => error instanceof BlobUnavailable)
      } finally {
        readingDenied = false
      }
    },
  },
}

describe('the beginnings of S3 (I11)', () => {
  it('are all read without a fault', async () => {
    spoiling.spoil(() => undefined)
    for (const { run } of Object.values(CALLS)) await run(beginningsAt(spoiling.endpoint))
  })

  // None of these requests has a body that could be spoiled.
  for (const fault of EVERY_FAULT.filter(({ name }) => name !== 'flippedRequest')) {
    it(`hold under ${titleOf(fault)}`, async () => {
      await holdUnder(fault, spoiling, CALLS, beginningsAt(spoiling.endpoint, timeOutFor(fault)))
    })
  }

  it('are read again when an answer breaks off', async () => {
    let count = 0
    spoiling.spoil(() => (++count === 1 ? { name: 'resetInBody' } : undefined))
    const found = await beginningsAt(spoiling.endpoint).read(present, 100)
    assert.deepEqual(Buffer.from(found?.bytes ?? []), content.subarray(0, 100))
    assert.equal(count, 2)
  })
})

async function answering(test: TestContext, answer: RequestListener): Promise<BlobBeginnings> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  test.after(() => server.close())
  return beginningsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

describe('a server that knows no ranges', () => {
  const modified = { 'last-modified': new Date(0).toUTCString() }

  it('is not waited for until it has sent all of a blob', async test => {
    const beginnings = await answering(test, (_request, response) => {
      response.writeHead(200, { 'content-length': 10 ** 9, 'content-type': 'image/png', ...modified })
      response.write(content)
    })
    const found = await beginnings.read(present, 100)
    assert.equal(found?.stored.size, 10 ** 9)
    assert.deepEqual(Buffer.from(found?.bytes ?? []), content.subarray(0, 100))
  })

  it('and one that answers another one are told apart', async test => {
    const beginnings = await answering(test, (_request, response) => {
      response.writeHead(206, { 'content-length': 100, 'content-range': 'bytes 100-199/5000', ...modified })
      response.end(content.subarray(100, 200))
    })
    await assert.rejects(beginnings.read(present, 100), { code: 'SERVER_FAILED' })
  })
})
