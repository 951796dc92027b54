import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Answer, refuse, S3Error, xml } from './answer.ts'
import { Bucket, type Replication, type Rules } from './bucket.ts'
import { type CreatedObject, divide } from './call.ts'
import { findOperation } from './operations.ts'
import { refuseOverrides } from './overrides.ts'
import { type Credentials, createSignatureCheck } from './signature.ts'

export const SANDBOX_REGION = 'us-east-1'
export const SANDBOX_CREDENTIALS: Credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' }

/** Longer than clients keep a connection, so that none sends a request into one that is just closing. */
const KEEP_ALIVE_MS = 60_000
const LONGEST_KEY_BYTES = 1024
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export interface S3StandInOptions {
  /** Where everything is kept; a later start on the same directory serves what was there. */
  directory: string
  port?: number
  region?: string
  credentials?: Credentials
  /** Whether new buckets have versioning; they do unless told otherwise. */
  versioned?: boolean
  /** Buckets to make at the start, unless they exist. */
  buckets?: readonly string[]
  /** Rights: `action` is the name of an S3 operation, such as PutObject. */
  deny?: (request: { action: string; bucket: string; key?: string }) => boolean
  /** What new objects say of their replica; by default nothing, as where there is no rule. */
  replication?: Replication | undefined
  /** Its clock, in milliseconds since 1970; the real one by default. */
  now?: () => number
}

type Tell = (object: CreatedObject) => void

export interface S3StandIn {
  readonly endpoint: string
  /** Where the bytes lie on the disk, for a demonstration that damages them; undefined when there is no object. */
  objectFile(bucket: string, key: string, versionId?: string): string | undefined
  /** Changes what new objects say of their replica, from here on. */
  replicateNew(replication: Replication | undefined): void
  /** Changes what a stored object says of its replica; the current version unless told otherwise. */
  replicate(bucket: string, key: string, replication: Replication | undefined, versionId?: string): void
  /** Tells of each new object of a bucket, from here on; nobody else is told any more, and `undefined` nobody at all. */
  onCreated(bucket: string, tell: Tell | undefined): void
  /** The requests so far, refused ones included; of one operation, such as GetObject, or of all. */
  requestCount(action?: string): number
  close(): Promise<void>
}

export async function startS3(options: S3StandInOptions): Promise<S3StandIn> {
  const { region = SANDBOX_REGION, credentials = SANDBOX_CREDENTIALS, now = Date.now } = options
  const checkSignature = createSignatureCheck(credentials, region, now)
  const rule = { replication: options.replication }
  const store = openStore(options, { now, replication: () => rule.replication })
  const counts = new Map<string, number>()

  const answer = async (incoming: IncomingMessage): Promise<Answer> => {
    // Not with `new URL`, which would resolve the dots of a key such as `../../x`.
    const [path, search] = divide(incoming.url ?? '/', '?')
    const [name, key] = divide(decodeURIComponent(path.slice(1)), '/')
    const query = new URLSearchParams(search)
    const [action, run] = findOperation(incoming, key, query)
    counts.set(action, (counts.get(action) ?? 0) + 1)
    if (incoming.headers.authorization === undefined) refuseOverrides(query)
    await checkSignature(incoming)
    if (store.denies(action, name, key)) refuse(403, 'AccessDenied', 'Access Denied')
    if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) refuse(400, 'KeyTooLongError', 'The key is too long')
    const bucket = action === 'CreateBucket' ? store.createBucket(name) : store.bucket(name)
    const versionId = query.get('versionId') ?? undefined
    return run({
      incoming,
      query,
      bucket,
      key,
      versionId,
      store,
      header: of => incoming.headers[of]?.toString(),
    })
  }
  const settings = { requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }
  const server = createServer(settings, (incoming, response) => {
    // Clients put their own clock right by this one.
    response.setHeader('date', new Date(now()).toUTCString())
    void respond(incoming, response, answer)
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objectFile: (name, key, versionId) => {
      const version = store.buckets.get(name)?.find(key, versionId)
      return version?.object && store.buckets.get(name)?.bytesFile(version)
    },
    replicateNew: replication => {
      rule.replication = replication
    },
    replicate: (name, key, replication, versionId) => {
      const version = store.bucket(name).find(key, versionId)
      if (!version?.object) throw new Error(`there is no object ${key} in ${name}`)
      store.bucket(name).replicate(version, replication)
    },
    onCreated: (name, tell) => {
      store.told.set(name, tell)
    },
    requestCount: action =>
      action === undefined
        ? counts.values().reduce((sum, count) => sum + count, 0)
        : (counts.get(action) ?? 0),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Everything lies in `<directory>/{incoming,buckets/<bucket>}`. */
function openStore(options: S3StandInOptions, rules: Rules) {
  const { directory, versioned = true, buckets: wanted = [], deny } = options
  const spoolDirectory = join(directory, 'incoming')
  const root = join(directory, 'buckets')
  rmSync(spoolDirectory, { recursive: true, force: true })
  for (const path of [spoolDirectory, root]) mkdirSync(path, { recursive: true })
  const buckets = new Map(readdirSync(root).map(name => [name, new Bucket(root, name, rules)]))
  const createBucket = (name: string) => {
    if (!BUCKET_NAME.test(name)) refuse(400, 'InvalidBucketName', `${name} cannot name a bucket`)
    if (buckets.has(name)) refuse(409, 'BucketAlreadyOwnedByYou', `${name} exists and is yours`)
    const bucket = new Bucket(root, name, rules)
    if (versioned) bucket.enableVersioning()
    buckets.set(name, bucket)
    return bucket
  }
  for (const name of wanted) if (!buckets.has(name)) createBucket(name)
  const bucket = (name: string) => buckets.get(name) ?? refuse(404, 'NoSuchBucket', `There is no ${name}`)
  const denies = (action: string, bucket: string, key: string) =>
    deny?.({ action, bucket, ...(key && { key }) }) ?? false
  const told = new Map<string, Tell | undefined>()
  const created = (object: CreatedObject) => told.get(object.bucket)?.(object)
  return { spoolDirectory, buckets, bucket, createBucket, denies, told, created }
}

type Respond = (incoming: IncomingMessage) => Promise<Answer>

async function respond(incoming: IncomingMessage, response: ServerResponse, answer: Respond): Promise<void> {
  try {
    await send(response, await answer(incoming))
  } catch (error) {
    if (response.headersSent) response.destroy()
    if (response.headersSent) return
    // A body that was left half-way would be taken for the next request.
    if (incoming.readableDidRead && !incoming.complete) response.shouldKeepAlive = false
    // What is no refusal is a failure of ours: a client may try again, and its log should say what happened.
    const refusal = error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error))
    const content = { Code: refusal.code, Message: refusal.message, Resource: incoming.url }
    await send(response, { ...refusal, body: xml('Error', content) })
  }
}

async function send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): Promise<void> {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (typeof body === 'string') response.setHeader('content-type', 'application/xml')
  if (body instanceof Readable) await pipeline(body, response)
  else response.end(body)
}
