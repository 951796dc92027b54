import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { S3Client } from '@aws-sdk/client-s3'
import type { Archive } from '../core/archive.ts'
import { createDynamoClient, createDynamoIndex } from '../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../core/aws/s3-bucket.ts'

export const WORK = fileURLToPath(new URL('../.work/bench', import.meta.url))
export const BUCKET = 'bench-blobs'

/** A sandbox in a process of its own, so that server and client do not share a thread. */
export async function startStage() {
  rmSync(WORK, { recursive: true, force: true })
  mkdirSync(WORK, { recursive: true })
  const main = fileURLToPath(new URL('../sandbox/main.ts', import.meta.url))
  const words = [main, '--directory', join(WORK, 'sandbox'), '--bucket', BUCKET, '--table', 'bench-index']
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { bucketEndpoint: endpoint, indexEndpoint, region, credentials } = JSON.parse(line)
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey
  const config = { name: BUCKET, region, endpoint, pathStyle: true, checksums: 'server' as const }
  const index = createDynamoIndex(
    'bench-index',
    createDynamoClient({ table: 'bench-index', endpoint: indexEndpoint }, config),
  )
  return {
    endpoint,
    indexEndpoint,
    region,
    /** Each database is empty at first. */
    archiveFor: (database: string): Archive => ({
      database,
      bucket: createS3Bucket(config),
      index,
      now: Date.now,
    }),
    /** The plain SDK, as somebody would use it who reads its documentation. */
    sdk: new S3Client({ region, endpoint, forcePathStyle: true }),
    stop: () => {
      child.kill()
      rmSync(WORK, { recursive: true, force: true })
    },
  }
}

/** Seconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** Runs other people's programs with nothing of ours in the environment but what is said. */
export function runProgram(
  program: string,
  words: readonly string[],
  environment: Record<string, string> = {},
): void {
  const env = { PATH: process.env.PATH ?? '', HOME: WORK, ...environment }
  const { status, stderr } = spawnSync(program, words, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
}
