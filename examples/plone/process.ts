import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A program of the site's that runs until it is told to end. */
export interface Service {
  readonly child: ChildProcess
  end(signal?: NodeJS.Signals): Promise<void>
}

export interface ServiceOptions {
  readonly name: string
  /** Takes all that it writes. */
  readonly log: string
  readonly env?: NodeJS.ProcessEnv
  /** Who runs it; whoever runs this, by default. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Breaks the start off. */
  readonly signal?: AbortSignal | undefined
  /** Comes true when it serves. */
  readonly serves: () => Promise<boolean>
  /** How it is told to end in peace. */
  readonly ends?: NodeJS.Signals
}

/** Milliseconds, however slow the machine is. */
const PATIENCE = 180_000

/** Comes back when it serves. It gets no Ctrl-C of the terminal's, and ends with this process, however that ends. */
export async function startService(words: readonly string[], options: ServiceOptions): Promise<Service> {
  const { name, log, user, serves, signal, ends = 'SIGTERM' } = options
  const output = openSync(log, 'a')
  const who = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : []
  const child = spawn('setpriv', [...who, '--pdeathsig=TERM', '--', ...words], {
    ...{ detached: true, cwd: '/', stdio: ['ignore', output, output] },
    env: options.env ?? process.env,
  })
  closeSync(output)
  const exit = once(child, 'exit')
  const deadline = performance.now() + PATIENCE
  while (!(await serves())) {
    const ended = child.exitCode !== null || child.signalCode !== null
    if (ended || signal?.aborted || performance.now() > deadline) {
      child.kill('SIGKILL')
      signal?.throwIfAborted()
      throw new Error(`${name} has not begun:\n${lastLines(log)}`)
    }
    await delay(50)
  }
  return {
    child,
    async end(how = ends) {
      child.kill(how)
      await exit
    },
  }
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').split('\n').slice(-30).join('\n')
}

/** Whether somebody listens there. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const tried = connect(port, '127.0.0.1')
    tried.on('connect', () => {
      tried.destroy()
      resolve(true)
    })
    tried.on('error', () => resolve(false))
  })
}
