import assert from 'node:assert/strict'
import { after } from 'node:test'
import { BlobUnavailable, type ErrorCode, NiceBlobsError } from '../../core/model/errors.ts'
import type { Choose } from '../../sandbox/fault-proxy/choose.ts'
import { EVERY_FAULT, type Fault, type FaultName } from '../../sandbox/fault-proxy/fault.ts'
import { type FaultProxy, startFaultProxy } from '../../sandbox/fault-proxy/proxy.ts'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION } from '../../sandbox/s3/server.ts'

/** Calls of an adapter, and what may become of them when one of their exchanges is spoiled. */

export const noFaults: Choose = () => undefined

/** A proxy whose faults each test chooses; it is closed after all of them. */
export async function startSpoiling(target: string) {
  let choose = noFaults
  const proxy = await startFaultProxy({ target, choose: exchange => choose(exchange) })
  after(() => proxy.close())
  const spoil = (wanted: Choose) => {
    choose = wanted
  }
  return { proxy, endpoint: proxy.endpoint, spoil }
}

export type Spoiling = Awaited<ReturnType<typeof startSpoiling>>

const silent = () => {}

/** One attempt, so that the fault meets the adapter; a time-out can only turn an answer into an outage. */
export const clientSettings = (endpoint: string, timeOut: number) => ({
  endpoint,
  region: SANDBOX_REGION,
  credentials: { ...SANDBOX_CREDENTIALS },
  maxAttempts: 1,
  logger: { debug: silent, info: silent, warn: silent, error: silent },
  requestHandler: { requestTimeout: timeOut, socketTimeout: timeOut, throwOnRequestTimeout: true },
})

/** Milliseconds: of a client that waits for what is slow, and of one that meets a stall. */
export const PATIENCE = 20_000
export const timeOutFor = ({ name }: Fault) => (name.startsWith('stall') ? 60 : PATIENCE)

/** A request that is not as it was signed is refused everywhere else; that an answer is as it was sent, TLS sees to. */
const UNSEEN: readonly FaultName[] = ['flippedRequest', 'flippedAnswer']
/** Headers that nobody else has. */
const OF_S3: readonly FaultName[] = ['wrongChecksum', 'wrongMetadata']
/** Of services other than S3. */
export const FAULTS_BESIDE_S3 = EVERY_FAULT.filter(({ name }) => ![...UNSEEN, ...OF_S3].includes(name))

export interface Call<Port> {
  /** Asserts that what it was told is true, or throws what the port threw. */
  run(port: Port): Promise<unknown>
  /** What it may throw besides a BlobUnavailable. */
  readonly codes?: readonly ErrorCode[]
  /** What nothing in the protocol gives away. */
  readonly blindTo?: readonly FaultName[]
}

export const titleOf = (fault: Fault) => ('moment' in fault ? `${fault.name} ${fault.moment}` : fault.name)

/** An archived blob is put, looked at and read; further exchanges of a call are like its first ones. */
const DEEPEST = 3

/** Spoils the first exchange of each call, then the second and the third where there are any. */
export async function holdUnder<Port>(
  fault: Fault,
  { proxy, spoil }: Spoiling,
  calls: Record<string, Call<Port>>,
  port: Port,
): Promise<void> {
  const before = totalOf(proxy)
  for (const [name, call] of Object.entries(calls)) {
    if (call.blindTo?.includes(fault.name)) continue
    let reached = true
    for (let at = 1; reached && at <= DEEPEST; at++) {
      let count = 0
      spoil(() => (++count === at ? fault : undefined))
      await call.run(port).catch(requireOneOf(name, call.codes))
      spoil(noFaults)
      reached = count >= at
    }
  }
  assert.ok(totalOf(proxy) > before, 'the fault was made')
}

function requireOneOf(name: string, codes: readonly ErrorCode[] = []) {
  return (error: unknown) => {
    if (!(error instanceof NiceBlobsError)) throw error
    const outage = error instanceof BlobUnavailable
    assert.ok(outage || codes.includes(error.code), `${name}: ${error.code} ${error.message}`)
    assert.doesNotMatch(error.message, /vanished/, name)
  }
}

function totalOf(proxy: FaultProxy): number {
  return Object.values(proxy.faultsMade()).reduce((sum, count) => sum + count)
}
