import { join } from 'node:path'
import { type Service, startService } from './process.ts'

export interface ZopeOptions {
  readonly bin: string
  readonly directory: string
  readonly logs: string
  /** The site's address. */
  readonly site: string
  readonly signal: AbortSignal | undefined
}

/** Comes back when the site answers. */
export function startZope({ bin, directory, logs, site, signal }: ZopeOptions): Promise<Service> {
  return startService([join(bin, 'runwsgi'), join(directory, 'etc/wsgi.ini')], {
    ...{ name: 'Zope', log: join(logs, 'zope.log') },
    ...{ env: environmentOf(directory), signal },
    serves: () => answers(`${site}/@@ok`),
  })
}

/** What Python's programs find in theirs; a home, since there are machines without one. */
export function environmentOf(directory: string): NodeJS.ProcessEnv {
  return { ...process.env, HOME: directory, PYTHONWARNINGS: 'ignore' }
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url)
    await answer.bytes()
    return answer.ok
  } catch {
    return false
  }
}
