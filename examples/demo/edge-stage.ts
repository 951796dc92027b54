import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Blobs, openBlobs, type Urls } from '../../client/index.ts'
import { DAY } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import { signingKeysName } from '../../core/model/signing-keys.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import { type StackEdges, startStackEdges } from '../../sandbox/edge/stack-edges.ts'
import { startInstallation } from '../../sandbox/installation.ts'
import { copyBlobDirectory, type TrueBlob } from './fixture.ts'
import { type Exhibits, plantExhibits } from './gallery/exhibits.ts'
import { requireCommand, runCommand } from './run-command.ts'
import { synthesizeEdge } from './synthesize-edge.ts'

const BUCKET = 'delivery-blobs'
const TABLE = 'delivery-index'
const SECRET = signingKeysName('nice-blobs', 'main')
const ARCHIVE = { quiet: '0s' }

/** What the commands `keys` tell of a key. */
interface KeyFacts {
  name: string
  state: 'waiting' | 'signing' | 'replaced'
  publicKey: string
}

/** An installation with an edge, from which browsers fetch what is archived; one key signs, another one waits. */
export interface EdgeStage {
  readonly volume: Volume
  readonly blobs: readonly TrueBlob[]
  readonly exhibits: Exhibits
  /** Signs with the key that signs at this moment; a host that is at work hears of another one minutes later. */
  open(): Blobs & Urls
  run(...words: string[]): Promise<string>
  /** A command that is to be refused; answers the code. */
  refuse(...words: string[]): Promise<string>
  /** The edge trusts these public keys from now on, and no other. */
  deploy(publicKeys: readonly string[]): Promise<void>
  /** The key that waits signs from now on. */
  rotate(...words: string[]): Promise<KeyFacts[]>
  /** A URL that was made yesterday. */
  oldUrl(blob: TrueBlob): Promise<string>
  strike(): Promise<void>
}

export async function setEdgeStage(): Promise<EdgeStage> {
  const base = mkdtempSync(join(tmpdir(), 'nice-blobs-delivery-'))
  const directory = join(base, 'installation')
  const installation = await startInstallation({ directory, bucket: BUCKET, table: TABLE })
  const { sandbox, clock, environment } = installation
  const blobs = copyBlobDirectory(join(base, 'blobstorage'))
  const volume = openVolume(join(base, 'blobstorage'))
  const outputs = join(base, 'cdk-outputs.json')
  let edges: StackEdges | undefined
  let deployments = 0

  const configure = (name: string, delivery: object) =>
    installation.configureHost(name, {
      cache: { directory: join(base, 'cache') },
      secrets: { endpoint: sandbox.secretsEndpoint },
      databases: {
        main: {
          archive: ARCHIVE,
          volumes: { blobs: volume.directory },
          delivery: { signingKeys: SECRET, ...delivery },
        },
      },
    })
  let config = configure('administrator', {})
  const environmentOf = () => ({ ...process.env, ...environment, NICE_BLOBS_CONFIG: config })
  const stage: EdgeStage = {
    ...{ volume, blobs, exhibits: plantExhibits(volume, blobs) },
    open() {
      Object.assign(process.env, environment, { NODE_OPTIONS: process.env.NODE_OPTIONS ?? '' })
      return openBlobs({ config })
    },
    run: (...words) => requireCommand(words, environmentOf()),
    async refuse(...words) {
      const { status, err } = await runCommand([...words, '--json'], environmentOf())
      assert.notEqual(status, 0, `nice-blobs ${words.join(' ')} is refused`)
      return JSON.parse(err).error.code
    },
    async deploy(publicKeys) {
      deployments += 1
      const place = { bucket: { name: BUCKET, region: sandbox.region }, index: { table: TABLE } }
      const assembly = await synthesizeEdge(join(base, `deployment-${deployments}`), place, publicKeys)
      if (edges) await edges.deploy(assembly)
      else edges = await startStackEdges(sandbox, assembly, { now: clock.now })
      edges.writeOutputs(outputs)
      config = configure('web1', { edge: edges.byDatabase.get('main')?.url })
    },
    async rotate(...words) {
      const told = await stage.run('keys', 'rotate', '--outputs', outputs, '--json', ...words)
      return JSON.parse(told).keys
    },
    async oldUrl(blob) {
      clock.advance(-DAY)
      const url = await stage.run('get', formatRef(blob), '--url', '--filename', blob.filename)
      clock.advance(DAY)
      return url.trimEnd()
    },
    async strike() {
      await edges?.close()
      await installation.end()
      rmSync(base, { recursive: true, force: true })
    },
  }
  // As a first deployment leaves it, empty: what it makes besides is made by the next one here.
  sandbox.secrets.create(SECRET)
  try {
    await prepare(stage)
    return stage
  } catch (error) {
    await stage.strike()
    throw error
  }
}

/** Settled together, so that nothing is at work any more when one of them has failed. */
async function prepare(stage: EdgeStage): Promise<void> {
  const archived = stage.run('archive', stage.volume.directory, '-d', '--delay', '0s')
  const works = await Promise.allSettled([archived, makeKeys(stage)])
  for (const work of works) if (work.status === 'rejected') throw work.reason
  await stage.rotate()
}

async function makeKeys({ run, deploy }: EdgeStage): Promise<void> {
  await run('keys', 'create')
  const { keys }: { keys: KeyFacts[] } = JSON.parse(await run('keys', 'create', '--json'))
  await deploy(keys.map(({ publicKey }) => publicKey))
}
