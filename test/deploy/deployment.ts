import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SimulatedClock, startClock } from '../../sandbox/clock.ts'
import { finish, LAUNCHER, type Ran } from '../cli/command.ts'
import { startMiniStack } from '../s3/server.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOT, 'node_modules/.bin')
const ACCOUNT = '000000000000'

export const CONFIG = {
  bucket: { name: 'deployed-blobs', region: 'eu-central-1' },
  index: { table: 'deployed-index' },
  databases: {
    main: { generation: 'first', archive: { minAge: '0s', quiet: '0s' }, release: { delay: '1h' } },
  },
  stack: {
    replica: { bucket: 'deployed-replica', region: 'eu-west-1' },
    // MiniStack 1.5.33 knows no origin access control and no keys of CloudFront: a place for keys, and no distribution.
    delivery: { databases: { main: {} } },
    alarms: { emails: ['ops@example.org'] },
  },
}
export const REGIONS = [CONFIG.bucket.region, CONFIG.stack.replica.region]

/** An account at a stand-in for AWS, a directory to deploy from, and the two programs that a person uses there. */
export interface Deployment {
  directory: string
  endpoint: string
  outputs: string
  /** By which functions and hosts live. The stand-in’s own is the real one: when a schedule fires, when an object was stored. */
  clock: SimulatedClock
  configure(config: object): void
  cdk(...words: string[]): Promise<Ran>
  niceBlobs(...words: string[]): Promise<Ran>
  /** One that goes on until it is told to end. */
  start(...words: string[]): ChildProcess
  end(): Promise<void>
}

export async function openAccount(config: object = CONFIG): Promise<Deployment> {
  const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-deploy-'))
  const clock = startClock(join(directory, 'clock'))
  const server = await startMiniStack(clock.environment)
  const configure = (config: object) =>
    writeFileSync(join(directory, 'nice-blobs.config.json'), JSON.stringify(config))
  configure(config)
  const env = {
    PATH: `${BIN}:${process.env.PATH}`,
    HOME: directory,
    CI: 'true',
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: CONFIG.bucket.region,
    // A stand-in on the loopback interface has no names for its buckets.
    NICE_BLOBS_BUCKET_PATH_STYLE: 'true',
  }
  const asked = ['--no-notices', '--progress', 'events', '--output', join(directory, 'cdk.out')]
  const context = ['--context', `config=${join(directory, 'nice-blobs.config.json')}`]
  const start = (...words: string[]) =>
    spawn(process.execPath, [LAUNCHER, ...words], {
      cwd: directory,
      env: { ...env, ...clock.environment },
    })
  return {
    directory,
    endpoint: server.endpoint,
    clock,
    configure,
    outputs: join(directory, 'cdk-outputs.json'),
    cdk: (...words) => finish(spawn(join(BIN, 'cdk'), [...words, ...asked, ...context], { cwd: ROOT, env })),
    niceBlobs: (...words) => finish(start(...words)),
    start,
    async end() {
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const environments = REGIONS.map(region => `aws://${ACCOUNT}/${region}`)
