import { createHash } from 'node:crypto'
import { Agent, get } from 'node:http'
import { inParallel } from '../../core/in-parallel.ts'

/** What came of one request; a redirect is followed, as browsers do. */
export interface Visit {
  readonly path: string
  readonly status: number
  readonly sha256: string
  readonly bytes: number
  /** Until the last byte had come. */
  readonly milliseconds: number
}

/** As many as a browser has open to a host. */
const CONNECTIONS = 6
const REDIRECTS = [301, 302, 303, 307]

/** Anonymous requests for all of the paths, in their order; answers likewise. */
export async function visitAll(origin: string, paths: readonly string[]): Promise<Visit[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const visits: Visit[] = []
  await inParallel(paths.entries(), CONNECTIONS, async ([i, path]) => {
    const began = performance.now()
    const answer = await fetchWhole(`${origin}${path}`, agent)
    visits[i] = { path, ...answer, milliseconds: performance.now() - began }
  })
  agent.destroy()
  return visits
}

type Answer = Pick<Visit, 'status' | 'sha256' | 'bytes'>

function fetchWhole(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent }, async answer => {
      const { statusCode = 0, headers } = answer
      const hash = createHash('sha256')
      let bytes = 0
      try {
        for await (const chunk of answer) {
          hash.update(chunk)
          bytes += chunk.length
        }
      } catch (error) {
        reject(error)
      }
      if (REDIRECTS.includes(statusCode) && headers.location !== undefined)
        resolve(fetchWhole(new URL(headers.location, url).href, agent))
      else resolve({ status: statusCode, sha256: hash.digest('hex'), bytes })
    })
    asked.on('error', reject)
  })
}
