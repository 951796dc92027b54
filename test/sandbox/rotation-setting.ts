import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KeyFacts } from '../../core/key-ring.ts'
import { CLIENT_CONFIGURATION } from '../../core/model/output-names.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { parseSigningKeys, signingKeysName } from '../../core/model/signing-keys.ts'
import { type StackEdges, startStackEdges } from '../../sandbox/edge/stack-edges.ts'
import { synthesize } from '../../sandbox/functions/synthesize.ts'
import { startInstallation, until } from '../../sandbox/installation.ts'
import { finish, LAUNCHER } from '../cli/command.ts'
import { askSocket } from '../flows/agent-setting.ts'
import { copyTree, trueBlobs } from '../flows/setting.ts'
import { get, signCanned } from './edge-setting.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const BUCKET = 'rotating-blobs'
const TABLE = 'rotating-index'
const STACK = 'rotating'

/** What an administrator, two hosts and somebody with a leaked key do, on one simulated clock. */
export interface Rotation {
  readonly clock: { advance(duration: number): void; now(): number }
  /** Synthesizes the stack with these public keys, and takes its distribution into operation. */
  deploy(publicKeys: readonly string[]): Promise<void>
  keys(...words: string[]): Promise<{ status: number | null; out: string; err: string; keys: KeyFacts[] }>
  /** By what the stack tells, once it has an edge. */
  startHosts(): Promise<void>
  /** By the first host, which is asked all the time, or by the second one. */
  sign(host: 'busy' | 'idle'): Promise<string>
  /** By whoever has the private half of a key of that name, with an expiry of their own. */
  forge(name: string): string
  status(url: string): Promise<number>
}

type Closing = { after(work: () => unknown): void }

export async function startRotation(base: string, closing: Closing): Promise<Rotation> {
  // Files have the time of the disk, and none is to come back after it was archived.
  const time = Date.now() + 3_600_000
  const installation = await startInstallation({
    directory: join(base, 'here'),
    bucket: BUCKET,
    table: TABLE,
    time,
  })
  closing.after(installation.end)
  const { clock, sandbox } = installation
  const [blob] = trueBlobs('bushy')
  assert.ok(blob)
  const outputs = join(base, 'cdk-outputs.json')
  const configFile = join(base, 'nice-blobs.config.json')
  const secretName = signingKeysName(STACK, 'main')
  const leakable = new Map<string, { privateKey: string; keyPairId?: string | undefined }>()
  let edges: StackEdges | undefined
  let deployments = 0
  const sockets = { busy: join(base, 'busy/agent.sock'), idle: join(base, 'idle/agent.sock') }

  const nice = (...words: string[]) => {
    const env = {
      PATH: process.env.PATH,
      ...installation.environment,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: sandbox.secretsEndpoint,
    }
    return finish(spawn(process.execPath, [LAUNCHER, ...words], { cwd: base, env }))
  }
  const edgeUrl = () => edges?.byDatabase.get('main')?.url ?? ''

  async function archive(delivered: object): Promise<void> {
    const volume = copyTree('bushy', join(base, 'blobs'))
    const main = { ...delivered, volumes: { blobs: volume }, archive: { quiet: '0s' } }
    const host = installation.configureHost('archiving', { databases: { main } })
    const archived = await nice('archive', volume, '--config', host)
    assert.equal(archived.status, 0, archived.err)
  }

  return {
    clock,
    async deploy(publicKeys) {
      const stack = { name: STACK, delivery: { databases: { main: { publicKeys } } } }
      const place = { bucket: { name: BUCKET, region: sandbox.region }, index: { table: TABLE } }
      writeFileSync(configFile, JSON.stringify({ ...place, databases: { main: {} }, stack }))
      const assembly = join(base, `cdk-${++deployments}.out`)
      await synthesize(PROJECT, assembly, { config: configFile })
      if (edges) await edges.deploy(assembly)
      else edges = await startStackEdges(sandbox, assembly, { now: clock.now })
      if (deployments === 1) closing.after(() => edges?.close())
      edges.writeOutputs(outputs)
    },
    async keys(...words) {
      const from = words[0] === 'rotate' ? ['--outputs', outputs] : []
      const ran = await nice('keys', ...words, ...from, '--json')
      const text = sandbox.secrets.current(secretName)?.text
      for (const key of text === undefined ? [] : parseSigningKeys(text, 'main').keys)
        leakable.set(key.name, key)
      return { ...ran, keys: (ran.events[0]?.keys ?? []) as KeyFacts[] }
    },
    async startHosts() {
      const outputsNow = JSON.parse(readFileSync(outputs, 'utf8'))
      const { databases } = JSON.parse(outputsNow[STACK][CLIENT_CONFIGURATION])
      await archive(databases.main)
      for (const [name, socket] of Object.entries(sockets)) {
        const cache = { directory: join(base, name, 'cache') }
        const host = installation.configureHost(name, { cache, agent: { socket }, databases })
        installation.startAgent(host)
        await until(`the agent of ${name}`, () =>
          askSocket(socket, '/healthz').then(
            () => true,
            () => false,
          ),
        )
      }
    },
    async sign(host) {
      const { status, body } = await askSocket(sockets[host], `/v1/blobs/${formatRef(blob)}/url`)
      assert.equal(status, 200, String(body))
      return JSON.parse(String(body)).url
    },
    forge(name) {
      const { privateKey, keyPairId } = leakable.get(name) ?? {}
      assert.ok(privateKey !== undefined && keyPairId !== undefined)
      const resource = `${edgeUrl()}/blobs/main/${pathOf(blob)}?response-content-disposition=inline`
      const expires = Math.floor(clock.now() / 1000) + 10 * 365 * 86_400
      return signCanned(resource, {
        key: createPrivateKey(privateKey),
        id: keyPairId,
        hash: 'SHA256',
        expires,
      })
    },
    status: async url => (await get(url)).status,
  }
}

const pathOf = ({ oid, tid }: Ref) => `${oid}/${tid}`

/** By which id the edge is to find the key. */
export function keyPairIn(url: string): string | null {
  return new URL(url).searchParams.get('Key-Pair-Id')
}
