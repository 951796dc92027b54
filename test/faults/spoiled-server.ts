import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { bySeed } from '../../sandbox/fault-proxy/choose.ts'
import { EVERY_FAULT, type FaultName } from '../../sandbox/fault-proxy/fault.ts'
import { startFaultProxy } from '../../sandbox/fault-proxy/proxy.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION, startS3 } from '../../sandbox/s3/server.ts'
import { refNumber } from '../flows/setting.ts'

/** A process with a bucket of blobs behind a proxy that spoils a share of the exchanges. */

export interface SpoiledServer {
  endpoint: string
  blobs: (Ref & { sha256: string; size: number })[]
}

export interface SpoiledCounts {
  exchanges: number
  faults: Record<FaultName, number>
}

const SIZES = [1, 100, 4_096, 20_000, 65_536, 200_000, 1_500_000]
const [seed = '1', share = '0.2'] = process.argv.slice(2)

const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-spoiled-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
process.env.AWS_ACCESS_KEY_ID = SANDBOX_CREDENTIALS.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = SANDBOX_CREDENTIALS.secretAccessKey
const s3 = await startS3({ directory, buckets: ['spoiled'] })
const bucket = createS3Bucket({
  name: 'spoiled',
  region: SANDBOX_REGION,
  endpoint: s3.endpoint,
  pathStyle: true,
  checksums: 'server',
})

const blobs: SpoiledServer['blobs'] = []
for (let number = 0; number < 400; number += 1) {
  const ref = refNumber(number)
  // Mostly small ones, as in life.
  const content = randomBytes(SIZES[number % (number < 390 ? 5 : 7)] ?? 1)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const facts = { size: content.length, sha256, contentType: 'application/octet-stream' }
  await bucket.put(blobKey('main', ref), facts, { open: () => content })
  blobs.push({ ...ref, sha256, size: content.length })
}

// The slow one as slow as a test can bear.
const faults = EVERY_FAULT.map(fault =>
  fault.name === 'slowBody' ? { ...fault, piece: 20_000, pause: 1 } : fault,
)
const proxy = await startFaultProxy({
  target: s3.endpoint,
  choose: bySeed(Number(seed), Number(share), faults),
})
process.once('message', () => {
  const counts: SpoiledCounts = { exchanges: proxy.exchanges(), faults: proxy.faultsMade() }
  process.send?.(counts, () => process.exit(0))
})
process.send?.({ endpoint: proxy.endpoint, blobs } satisfies SpoiledServer)
