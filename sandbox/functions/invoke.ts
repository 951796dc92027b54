import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { SimulatedClock } from '../clock.ts'
import type { Credentials } from '../s3/signature.ts'
import type { Answer, FunctionError, Message, Task } from './runtime.ts'
import type { StackFunction } from './stack-function.ts'

const RUNTIME = new URL('./runtime.ts', import.meta.url)

/** What Lambda gives a function to load its code, in milliseconds. */
const LONGEST_START = 10_000

/** What a function finds around it. */
export interface Surroundings {
  readonly region: string
  readonly credentials: Credentials
  readonly indexEndpoint: string
  readonly clock: SimulatedClock
}

export interface Invocation {
  readonly functionName: string
  /** The same at each attempt and for a duplicate. */
  readonly requestId: string
  /** When it began, by the simulated clock, in milliseconds since 1970. */
  readonly time: number
  readonly event: unknown
  /** What it printed, without empty lines; standard error behind standard output. */
  readonly lines: readonly string[]
  readonly result?: unknown
  readonly error?: FunctionError
}

/** One attempt, in a process of its own with nothing in its environment but what Lambda gives. */
export async function invokeOnce(
  called: StackFunction,
  surroundings: Surroundings,
  event: unknown,
  requestId: string,
): Promise<Invocation> {
  const { name: functionName, handler, timeout, memory } = called
  const time = surroundings.clock.now()
  const child = fork(RUNTIME, {
    cwd: called.directory,
    env: environmentOf(called, surroundings),
    execArgv: [`--max-old-space-size=${memory}`],
    silent: true,
    timeout: LONGEST_START + timeout,
    killSignal: 'SIGKILL',
  })
  let answer: Answer | undefined
  let timer: NodeJS.Timeout | undefined
  child.on('message', (message: Message) => {
    if (message === 'begun') {
      timer = setTimeout(() => child.kill('SIGKILL'), timeout)
      return
    }
    answer = message
    child.kill('SIGKILL')
  })
  const task: Task = { event, handler, functionName, requestId, timeout }
  child.send(task)
  const printed = Promise.all([printedOn(child.stdout), printedOn(child.stderr)])
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null]
  clearTimeout(timer)
  const lines = (await printed).flatMap(output => output.split('\n')).filter(line => line !== '')
  return { functionName, requestId, time, event, lines, ...(answer ?? unanswered(timeout, status, signal)) }
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

function environmentOf(called: StackFunction, surroundings: Surroundings): Record<string, string> {
  const { region, credentials, indexEndpoint, clock } = surroundings
  const { NODE_OPTIONS: preload = '', ...clockVariables } = clock.environment
  const { NODE_OPTIONS: options = '', ...own } = called.environment
  return {
    ...own,
    ...clockVariables,
    NODE_OPTIONS: `${options} ${preload}`.trim(),
    TZ: ':UTC',
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: indexEndpoint,
    AWS_LAMBDA_FUNCTION_NAME: called.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(called.memory),
    LAMBDA_TASK_ROOT: called.directory,
  }
}

async function printedOn(stream: Readable | null): Promise<string> {
  return stream === null ? '' : await text(stream)
}
