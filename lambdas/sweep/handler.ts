import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { createS3Versions } from '../../core/aws/s3-versions.ts'
import { parseGarbagePolicy } from '../../core/model/garbage-policy.ts'
import { metricLine } from '../../core/model/metric-line.ts'
import { POLICY_FILE } from '../../core/model/policy-file.ts'
import { sweepMetrics } from '../../core/model/sweep-report.ts'
import { runSweep } from '../../core/sweep.ts'
import { requireReached, tell, unlessBusy } from './answer.ts'
import { readEnvironment } from './env.ts'
import { parseEvent } from './event.ts'

interface Context {
  getRemainingTimeInMillis(): number
}

const environment = readEnvironment(process.env)
const policy = parseGarbagePolicy(readFileSync(join(__dirname, POLICY_FILE), 'utf8'))
const region = process.env.AWS_REGION ?? ''
const config = { name: environment.bucket, region, pathStyle: false, checksums: 'server' as const }
const s3 = createS3Client(config)
const dynamo = createDynamoClient({ table: environment.table }, { region })
const stores = {
  bucket: createS3Bucket(config, s3),
  versions: createS3Versions(config, s3),
  index: createDynamoIndex(environment.table, dynamo),
  reports: createDynamoReports(environment.table, dynamo),
}

/** One run of the sweeper, or with `dryRun` what it would do and why not more; `busy` where another one is at work. */
export async function handler(event: unknown, context: Context): Promise<object> {
  const { dryRun } = parseEvent(event)
  const life = context.getRemainingTimeInMillis()
  const options = { dryRun, life, scratch: tmpdir(), now: Date.now }
  const sweeps = await unlessBusy(runSweep(stores, policy, options))
  if (!sweeps) {
    console.log(JSON.stringify({ busy: true }))
    return { dryRun, busy: true, databases: [] }
  }
  if (!dryRun) console.log(metricLine(environment.installation, sweepMetrics(sweeps), Date.now()))
  const databases = sweeps.map(tell)
  for (const database of databases) console.log(JSON.stringify(database))
  requireReached(sweeps)
  return { dryRun, databases }
}
