import { createHash, createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { S3Client } from '@aws-sdk/client-s3'
import {
  type S3StandIn,
  type S3StandInOptions,
  SANDBOX_CREDENTIALS,
  startS3,
} from '../../sandbox/s3/server.ts'

export const BUCKET = 'photos'

export interface StandIn {
  readonly s3: S3StandIn
  readonly client: S3Client
}

/** A stand-in with one bucket, and a client of it that does not try again. */
export async function standIn(t: TestContext, options: Partial<S3StandInOptions> = {}): Promise<StandIn> {
  const directory = options.directory ?? (await temporaryDirectory())
  const s3 = await startS3({ buckets: [BUCKET], ...options, directory })
  const client = clientOf(s3.endpoint, options.region)
  t.after(async () => {
    client.destroy()
    await s3.close()
  })
  return { s3, client }
}

const directories: string[] = []

// Not after each test: its servers may still be at work in there.
after(() => Promise.all(directories.map(directory => rm(directory, { recursive: true, force: true }))))

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nice-blobs-sandbox-'))
  directories.push(directory)
  return directory
}

export function clientOf(
  endpoint: string,
  region = 'us-east-1',
  credentials = SANDBOX_CREDENTIALS,
): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { ...credentials },
    forcePathStyle: true,
    maxAttempts: 1,
  })
}

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  /** What the signature says of the body; its hash unless told otherwise. */
  readonly payloadHash?: string
  readonly signed?: boolean
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
}

/** For what the SDK would never send: signed by hand, and not with the code that the stand-in checks with. */
export async function send(endpoint: string, raw: RawRequest): Promise<RawAnswer> {
  const { method, path, body = '', signed = true } = raw
  const url = new URL(endpoint)
  const headers = signed ? signedHeaders(url.host, raw) : { ...raw.headers }
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host: url.hostname, port: url.port, method, path, headers }, async answer => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export function signedHeaders(host: string, raw: RawRequest): Record<string, string> {
  const { method, path, body = '' } = raw
  const payloadHash = raw.payloadHash ?? createHash('sha256').update(body).digest('hex')
  const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const headers: Record<string, string> = {
    ...raw.headers,
    host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': date,
  }
  const names = Object.keys(headers).sort()
  const [resource = '', query = ''] = path.split('?')
  const lines = names.map(name => `${name}:${headers[name]}\n`).join('')
  const canonical = [method, resource, query, lines, names.join(';'), payloadHash].join('\n')
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  const secret = `AWS4${SANDBOX_CREDENTIALS.secretAccessKey}`
  const key = scope
    .split('/')
    .reduce<string | Buffer>((from, part) => createHmac('sha256', from).update(part).digest(), secret)
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const credential = `${SANDBOX_CREDENTIALS.accessKeyId}/${scope}`
  const details = [`Credential=${credential}`, `SignedHeaders=${names.join(';')}`, `Signature=${signature}`]
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${details.join(', ')}` }
}

export function codeOf({ body }: RawAnswer): string | undefined {
  return /<Code>(.*)<\/Code>/.exec(body)?.[1]
}
