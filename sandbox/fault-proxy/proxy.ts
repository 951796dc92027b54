import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { finished, pipeline } from 'node:stream/promises'
import { type Choose, describeExchange } from './choose.ts'
import { EVERY_FAULT, type Fault, type FaultName } from './fault.ts'
import { replaceAnswer } from './replace.ts'
import { type AnswerHead, faultFor, flipping, spoilBody, spoilHeaders } from './spoil.ts'

export interface FaultProxyOptions {
  /** The endpoint of the server behind it. */
  readonly target: string
  readonly choose: Choose
}

export interface FaultProxy {
  readonly endpoint: string
  /** How many have begun. */
  exchanges(): number
  /** What was really done: a fault that an exchange has no place for is not counted. */
  faultsMade(): Record<FaultName, number>
  /** Ends every connection, also those that are stalled. */
  close(): Promise<void>
}

/** As long as the stand-in's, so that no client sends a request into a connection that is just closing. */
const KEEP_ALIVE_MS = 60_000
const HOP_BY_HOP = /^(connection|keep-alive)$/i

/** Stands before a server of any kind and spoils the exchanges that are chosen; all others pass as they are. */
export async function startFaultProxy({ target, choose }: FaultProxyOptions): Promise<FaultProxy> {
  const made = Object.fromEntries(EVERY_FAULT.map(({ name }) => [name, 0])) as Record<FaultName, number>
  const route: Route = { target: new URL(target), count: ({ name }) => made[name]++ }
  let exchanges = 0
  const serve = (incoming: IncomingMessage, response: ServerResponse) => {
    const fault = choose(describeExchange(++exchanges, incoming))
    // Server or client are gone in the middle of it; the other one is to notice.
    exchange(route, incoming, response, fault).catch(() => incoming.socket.resetAndDestroy())
  }
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }, serve)
  server.on('checkContinue', serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges: () => exchanges,
    faultsMade: () => ({ ...made }),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Route {
  readonly target: URL
  count(fault: Fault): void
}

async function exchange(
  route: Route,
  incoming: IncomingMessage,
  response: ServerResponse,
  chosen: Fault | undefined,
): Promise<void> {
  if (chosen && 'moment' in chosen && chosen.moment === 'before') {
    route.count(chosen)
    return replaceAnswer(chosen, incoming, response)
  }
  const answer = await forward(route, incoming, response, chosen)
  const head = headOf(answer, incoming.method)
  const fault = faultFor(head, chosen)
  const replacement = fault && 'moment' in fault ? fault : undefined
  if (replacement) await finished(answer.resume())
  if (fault) route.count(fault)
  if (replacement) replaceAnswer(replacement, incoming, response)
  else await passAnswer(fault, head, answer, response)
}

function forward(
  { target, count }: Route,
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<IncomingMessage> {
  const { hostname: host, port } = target
  const { method, url: path } = incoming
  // A connection for each exchange, as one that the server closes while it idles would be a fault nobody chose. The
  // server is not told so: refusing a body early, it would close before its refusal is read.
  const headers = [...endToEnd(incoming.rawHeaders), 'Connection', 'keep-alive']
  const outgoing = request({ host, port, agent: false, method, path, headers })
  const length = Number(incoming.headers['content-length'] ?? 0)
  if (fault?.name === 'flippedRequest') incoming.pipe(flipping(length, () => count(fault))).pipe(outgoing)
  else incoming.pipe(outgoing)
  outgoing.on('continue', () => response.writeContinue())
  // What a server leaves of a body must not stand before the client's next request.
  outgoing.on('close', () => incoming.unpipe().resume())
  response.on('close', () => outgoing.destroy())
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject)
  })
}

async function passAnswer(
  fault: Fault | undefined,
  head: AnswerHead,
  answer: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.sendDate = false
  response.writeHead(answer.statusCode ?? 0, answer.statusMessage, spoilHeaders(head, fault).headers)
  await pipeline([answer, ...spoilBody(head, fault), response], { end: false })
  const { socket } = response
  if (fault?.name === 'stallInBody') return
  if (fault?.name === 'resetInBody') socket?.write('', () => socket.resetAndDestroy())
  else if (fault?.name === 'shortBody') socket?.destroySoon()
  else response.end()
}

function headOf({ headers, rawHeaders }: IncomingMessage, method = ''): AnswerHead {
  return { method, headers: endToEnd(rawHeaders), length: Number(headers['content-length'] ?? 0) }
}

/** Without what is about one connection only. */
function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => !HOP_BY_HOP.test(rawHeaders[i - (i % 2)] ?? ''))
}
