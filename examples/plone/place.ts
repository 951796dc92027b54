import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EXAMPLES = fileURLToPath(new URL('..', import.meta.url))

/** Where this site has what a real one has at the paths of the example's files. */
export interface Places {
  readonly directory: string
  readonly configuration: string
  readonly cache: string
  readonly socket: string
  readonly postgresql: string
  readonly ports: { readonly zope: number; readonly nginx: number }
}

/** Copies the files as whoever sets up a real site does, with other paths and ports. */
export function placeFiles(places: Places): void {
  const { directory, configuration, cache, socket, postgresql, ports } = places
  const etc = join(directory, 'etc')
  mkdirSync(etc, { recursive: true })
  const replacements: [string, string][] = [
    ['/etc/nice-blobs.json', configuration],
    ['/etc/nginx/', `${etc}/`],
    ['/var/cache/nice-blobs/', `${cache}/`],
    ['/run/nice-blobs/agent.sock', socket],
    ['/run/postgresql', postgresql],
    ['/srv/plone', directory],
    ['127.0.0.1:8080', `127.0.0.1:${ports.zope}`],
    ['port = 8080', `port = ${ports.zope}`],
    ['listen 80;', `listen 127.0.0.1:${ports.nginx};`],
  ]
  const files = ['zope.conf', 'wsgi.ini', 'zodbpack.conf', 'nginx.conf'].map(file => `plone/etc/${file}`)
  for (const file of [...files, 'nginx/nice-blobs.conf', 'nginx/nice-blobs-http.conf']) {
    let text = readFileSync(join(EXAMPLES, file), 'utf8')
    for (const [there, here] of replacements) text = text.replaceAll(there, here)
    writeFileSync(join(etc, file.split('/').at(-1) ?? ''), text)
  }
}
