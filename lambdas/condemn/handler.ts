import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createDynamoReports } from '../../core/aws/dynamo-reports.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { createSqsClient, createSqsQueue } from '../../core/aws/sqs-queue.ts'
import { workOff } from '../../core/condemn.ts'
import { condemnMetrics } from '../../core/model/condemn-metrics.ts'
import { errorFields } from '../../core/model/error-text.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { parseGarbageMessage } from '../../core/model/garbage-message.ts'
import { parseGarbagePolicy } from '../../core/model/garbage-policy.ts'
import { metricLine } from '../../core/model/metric-line.ts'
import { POLICY_FILE } from '../../core/model/policy-file.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import { readEnvironment } from './env.ts'

interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}

/** Which messages come again. */
interface QueueAnswer {
  batchItemFailures: { itemIdentifier: string }[]
}

const environment = readEnvironment(process.env)
const policy = parseGarbagePolicy(readFileSync(join(__dirname, POLICY_FILE), 'utf8'))
const region = process.env.AWS_REGION ?? ''
const dynamo = createDynamoClient({ table: environment.table }, { region })
const reports = createDynamoReports(environment.table, dynamo)
const condemner = {
  bucket: createS3Bucket({ name: environment.bucket, region, pathStyle: false, checksums: 'server' }),
  index: createDynamoIndex(environment.table, dynamo),
  queue: createSqsQueue(environment.queue, createSqsClient(region)),
  scratch: tmpdir(),
  now: Date.now,
  ...{ reports, policy },
}

/** Works off what came into the bucket, and what it left itself for later (docs/architecture.md, "Garbage"). */
export async function handler({ Records }: QueueEvent): Promise<QueueAnswer> {
  const batchItemFailures: QueueAnswer['batchItemFailures'] = []
  for (const { messageId, body } of Records) {
    try {
      await work(body)
    } catch (error) {
      console.log(JSON.stringify({ failed: body, ...fieldsOf(error) }))
      batchItemFailures.push({ itemIdentifier: messageId })
    }
  }
  return { batchItemFailures }
}

/** What cannot be parsed is an error: it comes again, and ends where people look. */
async function work(body: string): Promise<void> {
  const message = parseGarbageMessage(body, environment.bucket)
  if (!message) return console.log(JSON.stringify({ passed: 'nothing of ours', body }))
  const decided = await workOff(condemner, message)
  if (decided) await tell(decided)
}

async function tell(row: ReportRow): Promise<void> {
  const { database, report, state, generation, reasons, counts } = row
  console.log(JSON.stringify({ database, report, state, generation, reasons, counts }))
  const names = new Set([...Object.keys(policy.databases), database])
  const all = await Promise.all([...names].map(name => reports.list(name)))
  console.log(metricLine(environment.installation, condemnMetrics(row, all), Date.now()))
}

function fieldsOf(error: unknown): object {
  if (error instanceof NiceBlobsError) return errorFields(error)
  return { code: 'INTERNAL', message: String(error) }
}
