import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The application: pages under another site than the edge's, and what was asked of it. */
export interface Site {
  readonly url: string
  /** Serves it under a path of its own; answers the URL. */
  serve(body: string | Buffer, headers?: Record<string, string>): string
  readonly asked: { path: string; referer: string | undefined }[]
  close(): void
}

/** To a browser `localhost` and 127.0.0.1 are two sites, and both are trustworthy. */
export async function startSite(): Promise<Site> {
  const served = new Map<string, { body: string | Buffer; headers: Record<string, string> }>()
  const asked: Site['asked'] = []
  const server = createServer((request, response) => {
    const { url: path = '', headers } = request
    asked.push({ path, referer: headers.referer })
    const found = served.get(path)
    response.writeHead(found ? 200 : 404, found?.headers).end(found?.body)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    ...{ url, asked },
    serve(body, headers = { 'content-type': 'text/html; charset=utf-8' }) {
      const path = `/${served.size}`
      served.set(path, { body, headers })
      return url + path
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
