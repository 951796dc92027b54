import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { Distribution } from '../../sandbox/edge/distribution.ts'
import { type Edge, type EdgeOptions, startEdge } from '../../sandbox/edge/server.ts'
import { type S3StandIn, SANDBOX_CREDENTIALS, SANDBOX_REGION } from '../../sandbox/s3/server.ts'
import { BUCKET, standIn } from './stand-in.ts'

/** An edge before a stand-in for S3, and URLs signed by hand: with nothing that signs or verifies anywhere else here. */

export const EC = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const FOREIGN = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

export const KEY = 'blobs/main/00000000000004d2/03d167f919308700'
export const PATH = `/${KEY}`
export const DISPOSITION = 'response-content-disposition=attachment%3B%20filename%3D%22a.pdf%22'

export const DISTRIBUTION: Distribution = {
  bucket: BUCKET,
  readable: ['blobs/main/*'],
  allowedMethods: ['GET', 'HEAD'],
  publicKeys: { KEC: pemOf(EC.publicKey), KRSA: pemOf(RSA.publicKey) },
  queryStrings: ['response-content-disposition'],
  lifetimes: { min: 0, default: 86_400, max: 31_536_000 },
  addedHeaders: [
    { name: 'Cache-Control', value: 'private, max-age=86400, immutable', override: true },
    { name: 'Content-Security-Policy', value: "default-src 'none'; sandbox", override: true },
    { name: 'X-Content-Type-Options', value: 'nosniff', override: true },
    { name: 'Content-Language', value: 'en', override: false },
  ],
  removedHeaders: ['x-amz-version-id'],
}

export interface EdgeSetting {
  readonly edge: Edge
  readonly s3: S3StandIn
  put(
    key: string,
    body: string | Buffer,
    facts?: { ContentType?: string; ContentLanguage?: string },
  ): Promise<void>
}

export async function edgeSetting(
  t: TestContext,
  options: EdgeOptions = {},
  publicKeys: Distribution['publicKeys'] = DISTRIBUTION.publicKeys,
): Promise<EdgeSetting> {
  const { s3, client } = await standIn(t, options.now ? { now: options.now } : {})
  const credentials = SANDBOX_CREDENTIALS
  const origin = { bucketEndpoint: s3.endpoint, region: SANDBOX_REGION, credentials }
  const edge = await startEdge({ ...DISTRIBUTION, publicKeys }, origin, options)
  t.after(() => edge.close())
  return {
    edge,
    s3,
    async put(Key, Body, facts = {}) {
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...facts }))
    },
  }
}

export interface Signing {
  readonly key?: KeyObject
  readonly id?: string
  readonly hash?: 'SHA1' | 'SHA256'
  /** Seconds since 1970. */
  readonly expires?: number
}

export const inAnHour = () => Math.floor(Date.now() / 1000) + 3600

/** `resource` is a whole URL, with a query or without. */
export function signCanned(resource: string, signing: Signing = {}): string {
  const { expires = inAnHour() } = signing
  const policy = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`
  return [resource, `Expires=${expires}&${signature(policy, signing)}`].join(
    resource.includes('?') ? '&' : '?',
  )
}

export function signCustom(url: string, policy: string, signing: Signing = {}): string {
  return [url, `Policy=${escaped(Buffer.from(policy))}&${signature(policy, signing)}`].join(
    url.includes('?') ? '&' : '?',
  )
}

function signature(policy: string, { key = EC.privateKey, id = 'KEC', hash = 'SHA256' }: Signing): string {
  const bytes = createSign(hash).update(policy).sign(key)
  const algorithm = hash === 'SHA1' ? '' : '&Hash-Algorithm=SHA256'
  return `Signature=${escaped(bytes)}&Key-Pair-Id=${id}${algorithm}`
}

function escaped(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~')
}

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Exactly these bytes of a URL, as no `URL` would leave them. */
export async function get(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: string,
): Promise<Got> {
  const [, host = '', path = '/'] = /^http:\/\/([^/]+)(.*)$/s.exec(url) ?? []
  const [hostname, port] = host.split(':')
  return await new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers, agent: false }, async answer => {
      const { statusCode: status = 0 } = answer
      resolve({ status, headers: answer.headers, body: await buffer(answer) })
    })
    outgoing.on('error', reject).end(body)
  })
}

export function codeIn({ body }: Got): string | undefined {
  return /<Code>(.*)<\/Code>/.exec(body.toString())?.[1]
}
