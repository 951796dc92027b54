import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Blobs, openBlobs } from '../../client/index.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import type { Ran } from '../run-program.ts'
import { type EdgeStage, setEdgeStage } from './edge-stage.ts'
import { copyBlobDirectory, type TrueBlob } from './fixture.ts'
import { runCommand, startCommand } from './run-command.ts'

const BUCKET = 'demo-blobs'

/** An app server's blob directory and a sandbox for a bucket, with the command line between them. */
export interface Stage {
  readonly volume: string
  readonly blobs: readonly TrueBlob[]
  /** Runs a command to its end. */
  run(...words: string[]): Promise<Ran>
  /** Kills a command when it has printed so many events of this outcome. */
  runAndKill(outcome: string, after: number, ...words: string[]): Promise<void>
  open(): Blobs
  /** Where the bucket keeps an object's bytes, if there is one. */
  objectFile(ref: Ref): string | undefined
  volumeFile(blob: TrueBlob): string
  /** Deployed for whoever asks first. */
  edgeStage(): Promise<EdgeStage>
  strike(): Promise<void>
}

export async function setStage(): Promise<Stage> {
  const base = mkdtempSync(join(tmpdir(), 'nice-blobs-demo-'))
  const volume = join(base, 'blobstorage')
  const blobs = copyBlobDirectory(volume)
  const sandbox = await startSandbox({
    directory: join(base, 'sandbox'),
    bucket: BUCKET,
    table: 'demo-index',
  })
  const configFile = join(base, 'nice-blobs.config.json')
  writeFileSync(
    configFile,
    JSON.stringify({
      bucket: { name: BUCKET, region: sandbox.region, endpoint: sandbox.bucketEndpoint, pathStyle: true },
      index: { table: 'demo-index', endpoint: sandbox.indexEndpoint },
      cache: { directory: join(base, 'cache') },
      // The files were copied a moment ago; a real volume's have been left alone for long.
      databases: { main: { volumes: { blobs: volume }, archive: { quiet: '0s' } } },
    }),
  )
  let edgeStage: Promise<EdgeStage> | undefined
  process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = sandbox.credentials.secretAccessKey
  const env = { ...process.env, NICE_BLOBS_CONFIG: configFile }
  return {
    volume,
    blobs,
    run: (...words) => runCommand(words, env),
    async runAndKill(outcome, after, ...words) {
      const child = startCommand([...words, '--json'], env)
      let told = 0
      child.stdout?.on('data', chunk => {
        told += String(chunk).split(`"outcome":"${outcome}"`).length - 1
        if (told >= after) child.kill('SIGKILL')
      })
      await once(child, 'close')
    },
    open: () => openBlobs({ config: configFile }),
    objectFile: ref => sandbox.s3.objectFile(BUCKET, blobKey('main', ref)),
    volumeFile: ({ path }) => join(volume, path),
    edgeStage() {
      edgeStage ??= setEdgeStage()
      return edgeStage
    },
    async strike() {
      const deployed = await edgeStage?.catch(() => undefined)
      await deployed?.strike()
      await sandbox.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}
