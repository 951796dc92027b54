import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { refuse, S3Error } from './s3/answer.ts'
import { type Credentials, createSignatureCheck } from './s3/signature.ts'

/** A service of AWS that is asked by AWS JSON: an action in a header, and an object there and back. */
export interface JsonService {
  /** As requests are signed for it. */
  name: string
  version: '1.0' | '1.1'
  /** What stands before the action. */
  target: string
  /** What stands before the name of an error. */
  errors: string
  region: string
  credentials: Credentials
  /** Its clock, in milliseconds since 1970. */
  now: () => number
  /** What it refuses it throws. */
  answer(action: string, asked: object): object
}

export interface JsonServer {
  readonly endpoint: string
  close(): Promise<void>
}

export async function startJsonServer(service: JsonService): Promise<JsonServer> {
  const { name, region, credentials, now } = service
  const checkSignature = createSignatureCheck(credentials, region, now, name)

  async function answer(incoming: IncomingMessage): Promise<object> {
    const body = await buffer(incoming)
    await checkSignature(incoming)
    if (incoming.headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex'))
      refuse(403, 'SignatureDoesNotMatch', 'The body is another one')
    const action = incoming.headers['x-amz-target']?.toString().replace(service.target, '') ?? ''
    return service.answer(action, JSON.parse(body.toString()))
  }

  const server = createServer(async (incoming, response) => {
    response.setHeader('content-type', `application/x-amz-json-${service.version}`)
    // Clients put their own clock right by this one.
    response.setHeader('date', new Date(now()).toUTCString())
    try {
      response.end(JSON.stringify(await answer(incoming)))
    } catch (error) {
      const { status, code, message } =
        error instanceof S3Error ? error : new S3Error(500, 'InternalFailure', String(error))
      response.statusCode = status
      response.end(JSON.stringify({ __type: `${service.errors}${code}`, message }))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
