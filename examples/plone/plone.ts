import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formatBytes } from '../../core/model/quantity.ts'
import { createDesk } from './desk.ts'
import { PloneRefused, type PloneSite } from './site.ts'
import { startPlone } from './start.ts'

/** A Plone site to look at, until Ctrl-C: `npm run plone`, with `-- --port N` for nginx's. */

const ADD_PICTURES = fileURLToPath(new URL('add_pictures.py', import.meta.url))
const PICTURES = 24

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())

try {
  await show(interrupted.signal)
} catch (error) {
  if (!interrupted.signal.aborted) {
    if (!(error instanceof PloneRefused)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

async function show(signal: AbortSignal): Promise<void> {
  const ports = values.port === undefined ? {} : { nginx: Number(values.port) }
  const site = await startPlone({ ports, say: console.log, signal })
  try {
    console.log(`${PICTURES} pictures are added`)
    await site.run(ADD_PICTURES, String(PICTURES))
    console.log(describeSite(site))
    await attend(site, signal)
  } finally {
    console.log('\nAll of it ends')
    await site.end()
  }
}

/** Does what is typed, line by line, until it is told to end. */
async function attend(site: PloneSite, signal: AbortSignal): Promise<void> {
  const desk = createDesk(site)
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => desk.obey(line).then(console.log, error => console.log(error.message)))
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  lines.close()
  await desk.close()
}

function describeSite({ urls, admin, paths, figures, memory }: PloneSite): string {
  const used = Object.entries(memory()).map(([name, bytes]) => `${name} ${formatBytes(bytes)}`)
  return `
It began in ${figures.startSeconds} s (installed in ${figures.installSeconds} s). In memory: ${used.join(', ')}.

  ${`${urls.nginx}/pictures`.padEnd(40)} through nginx, which sends the files itself
  ${`${urls.zope}/pictures`.padEnd(40)} Zope alone; log in as ${admin.user}, ${admin.password}
  ${paths.volume.padEnd(40)} RelStorage's blob directory, the volume
  ${paths.cache.padEnd(40)} the cache
  ${paths.logs.padEnd(40)} what each of them writes
  curl --unix-socket ${paths.socket} http://agent/metrics

A blob is archived when it is a week old, and leaves the volume a day later. Type
  8d          so much time passes (also 12h, 2w)
  bucket      the bucket goes away, or comes back
and Ctrl-C to end all of it.`
}
