import { Agent, type IncomingMessage, request } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '../s3/sha256.ts'
import type { Credentials } from '../s3/signature.ts'

/** The stand-in for S3 that the edge fetches from. */
export interface Origin {
  readonly bucketEndpoint: string
  readonly region: string
  readonly credentials: Credentials
}

interface OriginRequest {
  readonly method: 'GET' | 'HEAD'
  /** As the viewer sent it. */
  readonly path: string
  /** `name=value` each, as the viewer sent them. */
  readonly query: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

export interface OriginClient {
  ask(request: OriginRequest): Promise<IncomingMessage>
  close(): void
}

/** Of an empty body. */
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Signs what it asks, as an origin access control does that always signs. */
export function createOriginClient(origin: Origin, bucket: string, now: () => number): OriginClient {
  const { region, bucketEndpoint } = origin
  const { hostname, port, host } = new URL(bucketEndpoint)
  const credentials = { ...origin.credentials }
  const settings = { service: 's3', sha256: Sha256, uriEscapePath: false, applyChecksum: false }
  const signer = new SignatureV4({ ...settings, credentials, region })
  const agent = new Agent({ keepAlive: true })

  async function sign({ method, path, query, headers }: OriginRequest) {
    const decoded = Object.fromEntries(new URLSearchParams(query.join('&')))
    return await signer.sign(
      {
        ...{ method, protocol: 'http:', hostname, path: `/${bucket}${path}`, query: decoded },
        headers: { ...headers, host, 'x-amz-content-sha256': NOTHING },
      },
      { signingDate: new Date(now()) },
    )
  }

  return {
    async ask(asked) {
      const { headers } = await sign(asked)
      const search = asked.query.length > 0 ? `?${asked.query.join('&')}` : ''
      const path = `/${bucket}${asked.path}${search}`
      return await new Promise((resolve, reject) => {
        const outgoing = request({ agent, hostname, port, method: asked.method, path, headers }, resolve)
        outgoing.on('error', reject)
        outgoing.end()
      })
    },
    close: () => agent.destroy(),
  }
}
