import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type PloneOptions, PloneRefused } from './site.ts'

const SCRIPT = fileURLToPath(new URL('install.sh', import.meta.url))
/** What the script's last line begins with, where it gives up. */
const REFUSES = 'The Plone site needs'

export interface Installed {
  /** A folder with Plone's programs, and one of nginx's. */
  readonly bin: string
  readonly nginx: string
  /** Parts of one, where all was there already. */
  readonly seconds: number
}

export async function install({
  say = () => undefined,
  signal,
}: Pick<PloneOptions, 'say' | 'signal'>): Promise<Installed> {
  const begun = performance.now()
  const script = spawn(SCRIPT, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) })
  let refusal: string | undefined
  createInterface({ input: script.stderr }).on('line', line => {
    if (line.startsWith(REFUSES)) refusal = line
    else say(line)
  })
  const [out, [status]] = await Promise.all([text(script.stdout), once(script, 'close')])
  if (status !== 0) throw new PloneRefused(refusal ?? `${SCRIPT} ended with ${status}`)
  const [venv = '', nginx = ''] = out.split('\n')
  return { bin: join(venv, 'bin'), nginx, seconds: Math.round(performance.now() - begun) / 1000 }
}
