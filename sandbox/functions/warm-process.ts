import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Answer, Message, Task } from './runtime.ts'
import type { StackFunction } from './stack-function.ts'

const RUNTIME = new URL('./runtime.ts', import.meta.url)

/** What Lambda gives a function to load its code, in milliseconds. */
const LONGEST_START = 10_000

/** What Lambda calls an execution environment: its invocations come one after the other. */
export interface WarmProcess {
  /** False once it has exited or was ended: it takes no more invocations. */
  readonly alive: boolean
  invoke(task: Task): Promise<{ answer: Answer; lines: string[] }>
}

/** With nothing in its environment but what is given here. It lives no longer than this process, and keeps nobody waiting. */
export function startWarmProcess(called: StackFunction, env: Record<string, string>): WarmProcess {
  const child = fork(RUNTIME, {
    cwd: called.directory,
    env,
    execArgv: [`--max-old-space-size=${called.memory}`],
    silent: true,
  })
  const printed = [child.stdout, child.stderr].map(stream => listen(stream as Socket))
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>
  const process = { alive: true }
  exit.then(() => {
    process.alive = false
  })

  async function invoke(task: Task) {
    keep(child, true)
    const asked = ask(child, task)
    const answer = await Promise.race([
      asked.answer,
      exit.then(([status, signal]) => unanswered(task.timeout, status, signal)),
    ])
    asked.stop()
    const lines = (await Promise.all(printed.map(output => output.upTo(task.end)))).flat()
    keep(child, false)
    return { answer, lines }
  }
  return Object.assign(process, { invoke })
}

/** Ends the process when the time is over, unless it is stopped before. */
function ask(child: ChildProcess, task: Task): { answer: Promise<Answer>; stop(): void } {
  const { promise: answer, resolve } = Promise.withResolvers<Answer>()
  const kill = () => child.kill('SIGKILL')
  let timer = setTimeout(kill, LONGEST_START)
  const hear = (message: Message) => {
    if (message !== 'begun') return resolve(message)
    clearTimeout(timer)
    timer = setTimeout(kill, task.timeout)
  }
  child.on('message', hear)
  // One that has just exited takes none; its exit is the answer.
  child.send(task, () => {})
  const stop = () => {
    clearTimeout(timer)
    child.off('message', hear)
  }
  return { answer, stop }
}

/** Lines as they come, until somebody takes those before a mark; all that there were, when no more come. */
function listen(stream: Socket) {
  let text = ''
  const ended = once(stream.setEncoding('utf8'), 'close')
  stream.on('data', chunk => {
    text += chunk
  })
  const linesOf = (part: string) => part.split('\n').filter(line => line !== '')
  return {
    async upTo(mark: string): Promise<string[]> {
      while (!text.includes(`${mark}\n`) && !stream.closed) await Promise.race([once(stream, 'data'), ended])
      const [before = '', ...after] = text.split(`${mark}\n`)
      text = after.join('')
      return linesOf(before)
    },
  }
}

function unanswered(timeout: number, status: number | null, signal: string | null): Answer {
  const error =
    signal === 'SIGKILL'
      ? {
          errorType: 'Sandbox.Timedout',
          errorMessage: `Task timed out after ${(timeout / 1000).toFixed(2)} seconds`,
        }
      : {
          errorType: 'Runtime.ExitError',
          errorMessage: `Runtime exited with ${signal ?? `status ${status}`}`,
        }
  return { error }
}

/** Whether this process waits for the other one, should it have nothing else to do. */
function keep(child: ChildProcess, waiting: boolean): void {
  const change = waiting ? 'ref' : 'unref'
  child[change]()
  child.channel?.[change]()
  for (const stream of [child.stdout, child.stderr]) (stream as Socket | null)?.[change]()
}
