import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { finish, LAUNCHER } from '../cli/command.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { bound } from './bounds.ts'
import { fillBucket } from './fill-bucket.ts'

const FEW = 10_000
const MANY = bound(20_000, 100_000)
/** What many objects may cost more than few; a row or a key of each of them would cost more. */
const GROWTH = 32 * 2 ** 20

/**
 * Ends a command's standard error with the most memory it ever had, in kilobytes. A tight heap keeps garbage from being
 * taken for use, and ends the command when what it holds does not fit.
 */
const TELL_MEMORY = [
  '--max-old-space-size=64',
  '--max-semi-space-size=4',
  `--import=data:text/javascript,${encodeURIComponent(
    "process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))",
  )}`,
].join(' ')

/** A sandbox in a process of its own whose bucket is full and whose index is lost. */
async function lostIndex(test: TestContext, count: number) {
  const base = scratch(test)
  const directory = join(base, 'sandbox')
  // Oids far apart, as a database's are, so that every partition has its part of them.
  const refs = Array.from({ length: count }, (_, number) => refNumber(number * 37))
  const rows = fillBucket(directory, 'some-bucket', refs, ({ oid }) => Buffer.from(oid))
  const main = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url))
  const words = ['--directory', directory, '--bucket', 'some-bucket', '--table', 'some-table']
  const sandbox = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  test.after(() => ended(sandbox))
  const [line] = await once(createInterface({ input: sandbox.stdout }), 'line')
  const { bucketEndpoint, indexEndpoint, region, credentials } = JSON.parse(line)
  const bucket = { name: 'some-bucket', region, endpoint: bucketEndpoint, pathStyle: true }
  const index = { table: 'some-table', endpoint: indexEndpoint }
  const configFile = join(base, 'nice-blobs.config.json')
  writeFileSync(configFile, JSON.stringify({ bucket, index, databases: { main: {} } }))
  const environment = {
    PATH: process.env.PATH ?? '',
    NICE_BLOBS_CONFIG: configFile,
    NODE_OPTIONS: TELL_MEMORY,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  })
  const dynamo = createDynamoClient(index, bucket)
  test.after(() => dynamo.destroy())
  const run = async (...command: string[]) => {
    const ran = await finish(spawn(process.execPath, [LAUNCHER, ...command], { env: environment }))
    assert.equal(ran.status, 0, ran.err)
    const [, kilobytes] = /peak (\d+)$/.exec(ran.err) ?? []
    return { out: ran.out, peak: Number(kilobytes) * 1024 }
  }
  return { rows, run, list: () => createDynamoIndex('some-table', dynamo).list('main') }
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill()
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

async function collect(rows: AsyncIterable<BlobRow>): Promise<BlobRow[]> {
  const listed: BlobRow[] = []
  for await (const row of rows) listed.push(row)
  return listed
}

/** Rebuilds and then checks; answers the most memory that each of the commands had. */
async function rebuild(test: TestContext, count: number) {
  const { rows, run, list } = await lostIndex(test, count)
  const started = Date.now()
  const rebuilt = await run('check', '--rebuild')
  const seconds = (Date.now() - started) / 1000
  assert.match(rebuilt.out, new RegExp(`^${count} indexed`))
  assert.deepEqual(await collect(list()), rows)
  const checked = await run('check')
  assert.match(checked.out, new RegExp(`^${count} agreeing`))
  const peaks = { rebuild: rebuilt.peak, check: checked.peak }
  test.diagnostic(`${count} objects in ${seconds} s, peaks ${JSON.stringify(peaks)}`)
  return peaks
}

describe('check --rebuild', () => {
  it(`gives the identical index of ${FEW} and of ${MANY} objects, in flat memory (I10)`, async test => {
    const few = await rebuild(test, FEW)
    const many = await rebuild(test, MANY)
    for (const name of ['rebuild', 'check'] as const)
      assert.ok(many[name] - few[name] < GROWTH, `${name}: ${few[name]} bytes, then ${many[name]}`)
  })
})
