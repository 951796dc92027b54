import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Agent, startAgent } from '../../client/agent/agent.ts'
import type { Archive } from '../../core/archive.ts'
import { planVolume, recoverVolume, runArchive } from '../../core/archive-run.ts'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import type { Config } from '../../core/model/config.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { createTallies } from '../../core/run.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { EVERYTHING, silent } from '../flows/setting.ts'
import { openEdge } from './edge.ts'
import { createGarbage } from './garbage.ts'

/**
 * The outside of the storage wrapper's tests: a sandbox, and agents and archivers for whatever configuration a test writes.
 * Commands come as lines of JSON on standard input, answers go as lines of JSON to standard output.
 */

const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-zodb-'))
const sandbox = await startSandbox({ directory, bucket: 'zodb-blobs', table: 'zodb-index' })
process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
const agents = new Map<string, Agent>()
const garbage = createGarbage(directory)
const edge = await openEdge(sandbox, 'zodb-blobs')

interface Command {
  do: 'start' | 'stop' | 'archive' | 'downloads' | 'pass' | 'condemn' | 'sweep' | 'undelete' | 'list'
  /** The text of a configuration. */
  config: string
  readOnly?: boolean
  database?: string
  release?: boolean
  report?: string
  milliseconds?: number
}

async function obey({ do: what, config: text, ...options }: Command): Promise<unknown> {
  if (what === 'downloads') return sandbox.s3.requestCount('GetObject')
  if (what === 'pass') return garbage.pass(options.milliseconds ?? 0) ?? 'done'
  const config = parseConfig(text, {}, 'the test')
  const { socket } = config.agent
  const { database = 'main', report = '' } = options
  if (what === 'condemn') return garbage.condemn(config, database)
  if (what === 'sweep') return garbage.sweep(config)
  if (what === 'undelete') return garbage.undelete(config, database, report)
  if (what === 'list') return garbage.list(config, database)
  if (what === 'start')
    agents.set(socket, await startAgent(config, { readOnly: options.readOnly === true, tell }))
  if (what === 'stop') await agents.get(socket)?.close()
  return what === 'archive' ? archive(config, options) : 'done'
}

async function archive(
  config: Config,
  { database = 'main', release = false }: Partial<Command>,
): Promise<unknown> {
  const archive: Archive = {
    database,
    bucket: createS3Bucket(config.bucket),
    index: createDynamoIndex(
      'zodb-index',
      createDynamoClient(config.index ?? { table: 'zodb-index' }, config.bucket),
    ),
    now: Date.now,
  }
  const failures: string[] = []
  const tallies = createTallies({
    ...silent,
    failed: error => failures.push(`${error.code}: ${error.message}`),
  })
  for (const path of Object.values(config.databases[database]?.volumes ?? {})) {
    const volume = openVolume(path)
    await recoverVolume(volume, tallies.failed)
    const plan = await planVolume(volume, { ...EVERYTHING, allowEmpty: true }, Date.now())
    const options = { jobs: 4, ...(release && { release: { delay: 0 } }) }
    await runArchive(archive, volume, plan, options, tallies)
  }
  return { outcomes: tallies.summary.outcomes, failures }
}

function tell({ code, subject, message }: { code: string; subject: string; message: string }): void {
  console.error(`agent: ${code}: ${subject}: ${message}`)
}

const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)
say({
  credentials: {
    AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
  },
  sandbox: {
    bucket: { name: 'zodb-blobs', region: sandbox.region, endpoint: sandbox.bucketEndpoint, pathStyle: true },
    index: { table: 'zodb-index', endpoint: sandbox.indexEndpoint },
    secrets: { endpoint: sandbox.secretsEndpoint },
  },
  delivery: edge.delivery,
})
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say({ answer: await obey(JSON.parse(line)) })
  } catch (error) {
    say({ error: String(error) })
  }
}
for (const agent of agents.values()) await agent.close()
await edge.close()
await sandbox.close()
rmSync(directory, { recursive: true, force: true })
process.exit()
