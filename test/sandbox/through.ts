import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { bySchedule, type Choose } from '../../sandbox/fault-proxy/choose.ts'
import type { Fault } from '../../sandbox/fault-proxy/fault.ts'
import { type FaultProxy, startFaultProxy } from '../../sandbox/fault-proxy/proxy.ts'

/** A server whose every byte is known, the fault proxy before it, and a client that hides nothing. */

export const BODY = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256))
export const SERVED_HEADERS = {
  etag: '"0a1b2c"',
  'x-amz-checksum-sha256': '+/0KSs=',
  'x-amz-checksum-type': 'FULL_OBJECT',
  'x-amz-meta-sha256': 'f00d',
  'x-amz-meta-size': '300',
}

/** By path, where the body is not all of that. */
const LENGTHS: Record<string, number> = { '/empty': 0, '/one-byte': 1 }

export interface Served {
  readonly incoming: IncomingMessage
  readonly body: Buffer
}

export interface Through {
  readonly proxy: FaultProxy
  readonly target: string
  /** The requests that reached the server, each once it was complete. */
  readonly served: Served[]
  /** Every connection that the server ever had. */
  readonly sockets: Socket[]
}

export async function through(
  t: TestContext,
  choose: Choose | readonly (Fault | undefined)[],
  serve?: RequestListener,
): Promise<Through> {
  const served: Served[] = []
  const sockets: Socket[] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    served.push({ incoming, body: Buffer.concat(await incoming.toArray()) })
    const body = BODY.subarray(0, LENGTHS[incoming.url ?? ''] ?? BODY.length)
    // So that two answers are the same, and so that a date of the proxy's own would be seen.
    response.sendDate = false
    response.writeHead(200, 'Fine', { ...SERVED_HEADERS, 'content-length': body.length })
    response.end(body)
  }
  const server = createServer(serve ?? answer).listen(0, '127.0.0.1')
  server.on('connection', socket => sockets.push(socket))
  await once(server, 'listening')
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy = await startFaultProxy({
    target,
    choose: typeof choose === 'function' ? choose : bySchedule(choose),
  })
  t.after(async () => {
    await proxy.close()
    server.close()
    server.closeAllConnections()
  })
  return { proxy, target, served, sockets }
}

export interface Seen {
  /** 0 when no answer came. */
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
  /** `end` for an orderly close, or the code of the error. */
  readonly ending: string
}

export interface Question {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: Buffer
}

/** One exchange, as it looks on the wire. */
export async function look(endpoint: string, question: Question = {}): Promise<Seen> {
  const { method = 'GET', path = '/photos/a', headers = {}, body } = question
  const length = body && { 'content-length': String(body.length) }
  const lines = Object.entries({ host: 'a.example', connection: 'close', ...length, ...headers })
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  const { socket, chunks } = open(endpoint)
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  if (body) socket.write(body)
  const ending = await endingOf(socket)
  return { ...parse(Buffer.concat(chunks)), ending }
}

/** What comes back for bytes that are sent just as they are. */
export async function exchangeBytes(endpoint: string, bytes: string): Promise<string> {
  const { socket, chunks } = open(endpoint)
  socket.write(bytes)
  await endingOf(socket)
  return Buffer.concat(chunks).toString('latin1')
}

function open(endpoint: string) {
  const { hostname, port } = new URL(endpoint)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  return { socket, chunks }
}

function endingOf(socket: Socket): Promise<string> {
  return new Promise(resolve => {
    socket.on('end', () => resolve('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

function parse(bytes: Buffer): Omit<Seen, 'ending'> {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return { status: 0, headers: {}, body: bytes }
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(end + 4) }
}
