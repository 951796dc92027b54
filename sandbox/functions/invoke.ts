import { randomUUID } from 'node:crypto'
import type { SimulatedClock } from '../clock.ts'
import type { Credentials } from '../s3/signature.ts'
import type { FunctionError } from './runtime.ts'
import type { StackFunction } from './stack-function.ts'
import { startWarmProcess, type WarmProcess } from './warm-process.ts'

/** What a function finds around it. */
export interface Surroundings {
  readonly region: string
  readonly credentials: Credentials
  readonly bucketEndpoint: string
  readonly indexEndpoint: string
  readonly queueEndpoint: string
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

/** One attempt. */
export type Invoke = (called: StackFunction, event: unknown, requestId: string) => Promise<Invocation>

/** As Lambda does it: in a process that is there and has nothing to do, or else in a new one. */
export function createInvoke(surroundings: Surroundings): Invoke {
  const idle = new Map<StackFunction, WarmProcess[]>()

  return async (called, event, requestId) => {
    const { name: functionName, handler, timeout } = called
    const waiting = idle.get(called) ?? []
    idle.set(called, waiting)
    const time = surroundings.clock.now()
    const process = takeAlive(waiting) ?? startWarmProcess(called, environmentOf(called, surroundings))
    const end = `end of ${randomUUID()}`
    const { answer, lines } = await process.invoke({ event, handler, functionName, requestId, timeout, end })
    waiting.push(process)
    return { functionName, requestId, time, event, lines, ...answer }
  }
}

function takeAlive(waiting: WarmProcess[]): WarmProcess | undefined {
  const found = waiting.pop()
  return found === undefined || found.alive ? found : takeAlive(waiting)
}

function environmentOf(called: StackFunction, surroundings: Surroundings): Record<string, string> {
  const { region, credentials, bucketEndpoint, indexEndpoint, queueEndpoint, clock } = surroundings
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
    AWS_ENDPOINT_URL_S3: bucketEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: indexEndpoint,
    AWS_ENDPOINT_URL_SQS: queueEndpoint,
    AWS_LAMBDA_FUNCTION_NAME: called.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(called.memory),
    LAMBDA_TASK_ROOT: called.directory,
  }
}
