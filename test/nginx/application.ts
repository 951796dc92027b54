import { once } from 'node:events'
import { createServer, type OutgoingHttpHeaders } from 'node:http'

export interface Application {
  readonly socket: string
  /** How often it was asked. */
  asked(): number
  /** What it answers from now on besides its own headers. */
  says(headers: OutgoingHttpHeaders): void
  close(): Promise<void>
}

/** Shows blobs at /OID/TID to Alice, who says so; and answers headers as it is told. */
export async function startApplication(socket: string): Promise<Application> {
  let asked = 0
  let besides: OutgoingHttpHeaders = {}
  const server = createServer((request, response) => {
    asked += 1
    if (request.headers.cookie !== 'user=alice') {
      response.writeHead(403).end('not for you')
      return
    }
    const [, ref = '', query = ''] = /^\/([^?]*)(.*)$/.exec(request.url ?? '') ?? []
    const headers = { 'X-Accel-Redirect': `/_nice-blobs-agent/v1/blobs/${ref}/deliver${query}` }
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers, ...besides })
    response.end('<script>alert(1)</script>')
  })
  server.listen(socket)
  await once(server, 'listening')
  return {
    socket,
    asked: () => asked,
    says: headers => {
      besides = headers
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
