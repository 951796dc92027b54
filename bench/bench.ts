import { closeSync, createWriteStream, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createBlobs } from '../client/read/blobs.ts'
import { createCache } from '../client/read/cache/cache.ts'
import { planVolume, runArchive } from '../core/archive-run.ts'
import { inParallel } from '../core/in-parallel.ts'
import type { VolumeFile } from '../core/model/archive-policy.ts'
import { blobKey } from '../core/model/key.ts'
import type { Ref } from '../core/model/ref.ts'
import { scanVolume } from '../core/volume/scan.ts'
import { openVolume, type Volume } from '../core/volume/volume.ts'
import { generateTree } from './generate-tree.ts'
import { BUCKET, has, runProgram, startStage, timed, WORK } from './stage.ts'

/**
 * Speeds beside other people's programs, as ratios from one run: `npm run bench`. Absolute figures are this machine's and
 * this minute's; the server is the sandbox's, on the same machine. Nothing here decides a test.
 */

const EVERYTHING = { minAge: 0, minSize: 0, quiet: 0, allowEmpty: true }
const SCANNED = 100_000
const SMALL = { blobs: 2_000, size: 65_536 }
const LARGE = { blobs: 8, size: 64 * 2 ** 20 }
const MISSES = 500
const HITS = 20_000
const JOBS = 16

const stage = await startStage()
const rows: { what: string; ours: string; beside: string; theirs: string; ratio: string; goal: string }[] = []

function tell(
  what: string,
  ours: number,
  beside: string,
  theirs: number | undefined,
  unit: string,
  goal: string,
): void {
  const shown = (speed: number | undefined) =>
    speed === undefined ? 'not installed' : `${Math.round(speed)} ${unit}`
  const ratio = theirs === undefined ? '–' : `${(ours / theirs).toFixed(2)} ×`
  rows.push({ what, ours: shown(ours), beside, theirs: shown(theirs), ratio, goal })
}

async function benchScan(): Promise<void> {
  const directory = join(WORK, 'scan')
  generateTree({ directory, blobs: SCANNED, sparse: true })
  const find = () => runProgram('find', [directory, '-type', 'f', '-printf', '%s %T@ %p\\n'])
  const scan = async () => {
    let files = 0
    for await (const batch of scanVolume(openVolume(directory))) files += batch.sizes.length
    if (files !== SCANNED) throw new Error(`scanned ${files} of ${SCANNED}`)
  }
  await timed(scan)
  const [ours, theirs] = [await timed(scan), await timed(find)]
  tell('scan, 100,000 files', SCANNED / ours, 'find -printf', SCANNED / theirs, 'files/s', '≥ 1.5 ×')
}

async function benchArchive(
  name: string,
  { blobs, size }: typeof SMALL,
  jobs: number,
  inMegabytes: boolean,
): Promise<Volume> {
  const directory = join(WORK, name)
  generateTree({ directory, blobs, size })
  const volume = openVolume(directory)
  const plan = await planVolume(volume, EVERYTHING, Date.now())
  const [unit, amount] = inMegabytes ? ['MB/s', (blobs * size) / 1e6] : ['files/s', blobs]
  const silent = {
    planned: () => {},
    blob: () => {},
    failed: (error: Error) => raise(error),
    progressed: () => {},
  }

  const sdk = await timed(() => inParallel(plan.due, jobs, file => plainPut(volume, file)))
  const ours = await timed(() => runArchive(stage.archiveFor(name), volume, plan, { jobs }, silent))
  const rclone = has('rclone') ? await timed(() => rcloneCopy(directory, name, jobs)) : undefined
  const goal = inMegabytes ? '≥ 1.1 × rclone' : '≥ 1.2 × rclone'
  tell(
    `archive, ${name}: PUT + HEAD + row`,
    amount / ours,
    'rclone copy',
    rclone && amount / rclone,
    unit,
    goal,
  )
  tell(`archive, ${name}: PUT + HEAD + row`, amount / ours, 'SDK PutObject alone', amount / sdk, unit, '')
  return volume
}

function raise(error: Error): never {
  throw error
}

async function plainPut(volume: Volume, { ref }: VolumeFile): Promise<void> {
  const Body = readFileSync(volume.pathOf(ref))
  await stage.sdk.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: `sdk/${volume.layout.format(ref)}`, Body }),
  )
}

function rcloneCopy(directory: string, name: string, jobs: number): void {
  const remote = `:s3,provider=Other,force_path_style=true,region=${stage.region},endpoint='${stage.endpoint}':${BUCKET}/rclone/${name}`
  const environment = {
    RCLONE_S3_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? '',
    RCLONE_S3_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? '',
  }
  runProgram(
    'rclone',
    ['copy', '--no-check-dest', '--transfers', String(jobs), directory, remote],
    environment,
  )
}

async function benchMissAndHit(volume: Volume): Promise<void> {
  const { database, bucket } = stage.archiveFor('small')
  const plan = await planVolume(volume, EVERYTHING, Date.now())
  const refs = plan.due.slice(0, MISSES).map(({ ref }) => ref)
  const blobs = createBlobs({
    database,
    bucket,
    volumes: [],
    cache: createCache({ directory: join(WORK, 'cache'), limit: 2 ** 30 }, 'some-bucket', database),
  })
  const theirs = await timed(async () => {
    for (const ref of refs) await plainGet(database, ref)
  })
  const ours = await timed(async () => {
    for (const ref of refs) await blobs.path(ref)
  })
  tell(
    'miss, 64 KiB, one at a time',
    MISSES / ours,
    'SDK GetObject to a file',
    MISSES / theirs,
    'blobs/s',
    '≥ 3 ×',
  )

  const paths = await Promise.all(refs.map(ref => blobs.path(ref)))
  const buffer = Buffer.alloc(SMALL.size)
  const bare = () => {
    for (let i = 0; i < HITS; i += 1) readPath(paths[i % MISSES] ?? '', buffer)
  }
  const hit = async () => {
    for (let i = 0; i < HITS; i += 1) readPath(await blobs.path(refs[i % MISSES] as Ref), buffer)
  }
  await timed(hit)
  const [hits, bares] = [await timed(hit), await timed(bare)]
  tell('hit, 64 KiB: path, open, read', HITS / hits, 'open, read', HITS / bares, 'blobs/s', '≥ 0.77 ×')
}

async function plainGet(database: string, ref: Ref): Promise<void> {
  const { Body } = await stage.sdk.send(new GetObjectCommand({ Bucket: BUCKET, Key: blobKey(database, ref) }))
  const path = join(WORK, 'plain.tmp')
  await pipeline(Body as NodeJS.ReadableStream, createWriteStream(path))
  rmSync(path)
}

function readPath(path: string, buffer: Buffer): void {
  const file = openSync(path, 'r')
  readSync(file, buffer)
  closeSync(file)
}

try {
  await benchScan()
  const volume = await benchArchive('small', SMALL, JOBS, false)
  await benchMissAndHit(volume)
  await benchArchive('large', LARGE, 4, true)
  console.table(rows)
  console.log(`peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`)
} finally {
  stage.stop()
}
