import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Asked {
  readonly path: string
  readonly range: string | undefined
  /** Undefined until it is answered, or where the browser went away before. */
  status: number | undefined
}

interface Started {
  request: IncomingMessage
  response: ServerResponse
}

/** What reaches a server of this process, whatever a browser says of it. */
export function watchRequests(url: string): { asked: Asked[]; end(): void } {
  const port = Number(new URL(url).port)
  const asked: Asked[] = []
  const note = (message: unknown) => {
    const { request, response } = message as Started
    if (request.socket.localPort !== port) return
    const noted: Asked = { path: request.url ?? '', range: request.headers.range, status: undefined }
    asked.push(noted)
    response.once('close', () => {
      noted.status = response.headersSent ? response.statusCode : undefined
    })
  }
  subscribe('http.server.request.start', note)
  return { asked, end: () => unsubscribe('http.server.request.start', note) }
}
