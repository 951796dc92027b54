import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createDynamoFleet } from '../../../core/aws/dynamo-fleet.ts'
import { createDynamoClient, createDynamoIndex } from '../../../core/aws/dynamo-index.ts'
import { OWN_DIRECTORY } from '../../../core/model/layout/layout.ts'
import { parseDuration } from '../../../core/model/quantity.ts'
import { formatRef } from '../../../core/model/ref.ts'
import { tidToTime } from '../../../core/model/tid.ts'
import {
  type AgentProcess,
  type Installation,
  startInstallation,
  until,
} from '../../../sandbox/installation.ts'
import { finish, LAUNCHER, type Ran } from '../../cli/command.ts'
import { copyTree, hashTree, trueBlobs } from '../../flows/setting.ts'
import type { ReaderReport } from '../emptying/reader-child.ts'
import { memoryScratch } from '../known-blobs.ts'
import { EVERY, type Policy, volumeName } from './document.ts'

/** A site with one host and a volume that was made by the real ZODB. */

const READER = fileURLToPath(new URL('../emptying/reader-child.ts', import.meta.url))
const BUCKET = 'migrated-blobs'
const TABLE = 'migrated-index'
const BEAT = 200

export interface Site {
  readonly installation: Installation
  readonly volume: string
  /** The blobs' files, by their paths in the volume. */
  files(): string[]
  /** Those of them that are archived, by the index. */
  archived(): Promise<string[]>
  /** Everything in the volume but for what is ours, with the modes of files. */
  entries(): string[]
  orders(): Promise<number>
  startAgent(): AgentProcess
  /** The command as somebody types it, which has to succeed. */
  run(words: string): Promise<Ran>
  startReader(): { end(): Promise<ReaderReport> }
}

/** `time` in milliseconds since 1970; `archive` by which the host was configured. */
export async function startSite(test: TestContext, time: number, { archive }: Policy): Promise<Site> {
  const readers: ChildProcess[] = []
  let started: Promise<Installation> | undefined
  // Before the directory is removed, which fails while they write into it, and then nobody ends them any more.
  test.after(async () => {
    // First those who ask: a server that ends waits for them.
    for (const reader of readers) reader.kill('SIGKILL')
    await (await started)?.end()
  })
  const directory = memoryScratch(test)
  started = startInstallation({
    ...{ directory: join(directory, 'installation'), bucket: BUCKET, table: TABLE, time },
  })
  const installation = await started
  const { sandbox, clock } = installation
  const volume = copyTree('bushy', join(directory, 'blobs'))
  const config = installation.configureHost('host', {
    cache: { directory: join(directory, 'cache'), limit: '1MB' },
    agent: { socket: join(directory, 'run/agent.sock'), heartbeat: `${BEAT}ms` },
    databases: { main: { volumes: { [volumeName()]: volume }, archive } },
  })
  const { accessKeyId, secretAccessKey } = sandbox.credentials
  const credentials = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const env = { ...process.env, ...clock.environment, ...credentials, NICE_BLOBS_CONFIG: config }
  Object.assign(process.env, credentials)
  const client = createDynamoClient({ table: TABLE, endpoint: sandbox.indexEndpoint }, sandbox)
  test.after(() => client.destroy())
  const pathOf = new Map(trueBlobs('bushy').map(({ oid, tid, path }) => [formatRef({ oid, tid }), path]))

  return {
    installation,
    volume,
    files: () => Object.keys(hashTree(volume)).sort(),
    async archived() {
      const paths: string[] = []
      for await (const row of createDynamoIndex(TABLE, client).list('main'))
        paths.push(pathOf.get(formatRef(row)) ?? formatRef(row))
      return paths.sort()
    },
    entries: () =>
      readdirSync(volume, { recursive: true, withFileTypes: true })
        .map(entry => ({ entry, path: join(entry.parentPath, entry.name) }))
        .filter(({ path }) => !path.startsWith(join(volume, OWN_DIRECTORY)))
        .map(({ entry, path }) => (entry.isFile() ? `${path} ${statSync(path).mode.toString(8)}` : path))
        .sort(),
    async orders() {
      let orders = 0
      for await (const { order } of createDynamoFleet(TABLE, client).list('main')) orders += order ? 1 : 0
      return orders
    },
    startAgent: () => installation.startAgent(config),
    async run(words) {
      const typed = words.replaceAll('/srv/plone/blobstorage', volume).split(/\s+/)
      const ran = await finish(spawn(process.execPath, [LAUNCHER, ...typed], { env, cwd: directory }))
      assert.equal(ran.status, 0, `${words}: ${ran.out}${ran.err}`)
      return ran
    },
    startReader() {
      const truth = join(directory, 'truth.json')
      const blobs = trueBlobs('bushy').map(({ oid, tid, sha256 }) => [formatRef({ oid, tid }), sha256])
      writeFileSync(truth, JSON.stringify(blobs))
      const reader = fork(READER, [config, truth], { env })
      readers.push(reader)
      return {
        async end() {
          const report = once(reader, 'message')
          reader.send('enough')
          return (await report)[0]
        },
      }
    },
  }
}

/** By the truth alone: the paths of what a policy wants gone, and of what it leaves. `now` in milliseconds since 1970. */
export function divide({ archive }: Policy, now: number): { leaving: string[]; staying: string[] } {
  const [minAge, minSize] = [
    parseDuration(archive.minAge) ?? Number.NaN,
    Number.parseInt(archive.minSize, 10),
  ]
  const leaves = ({ tid, size }: { tid: string; size: number }) =>
    size >= minSize && now - tidToTime(tid) >= minAge
  const paths = (wanted: boolean) =>
    trueBlobs('bushy')
      .filter(blob => leaves(blob) === wanted)
      .map(({ path }) => path)
      .sort()
  return { leaving: paths(true), staying: paths(false) }
}

/** It has seen its order and has nothing more to do: some heartbeats after the last change, whoever has not seen one is idle too. */
export async function settle(agent: AgentProcess): Promise<void> {
  let idle = 0
  await until('an agent that has nothing more to do', async () => {
    await delay(BEAT)
    const volumes = await agent.volumes()
    idle = volumes.some(({ state }) => state === 'idle') ? idle + 1 : 0
    return idle > 10
  })
}

/**
 * Waits for what orders bring about. Where the clock leaps over a day, an agent that lives in real time may give its sign before it
 * has worked in the new time: it is taken for stuck, and that run gives it no order. So half a day at a time, and a further order
 * for whoever missed one.
 */
export async function waitByOrders(
  agent: AgentProcess,
  functions: () => { advance(milliseconds: number): Promise<unknown> },
  what: string,
  comes: () => unknown,
): Promise<void> {
  for (let halves = 0; halves < 8; halves += 1) {
    await settle(agent)
    if (await comes()) return
    await functions().advance(EVERY / 2)
  }
  await until(what, comes)
  await settle(agent)
}
