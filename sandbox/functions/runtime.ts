import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Runs invocations one after the other, as Lambda's runtime does in an environment that it keeps. */

export interface Task {
  readonly event: unknown
  /** Module and export: `index.handler`. */
  readonly handler: string
  readonly functionName: string
  readonly requestId: string
  /** In milliseconds from here on. */
  readonly timeout: number
  /** A line that is printed behind all that the invocation printed. */
  readonly end: string
}

export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: string | undefined
}

export type Answer = { readonly result: unknown } | { readonly error: FunctionError }

/** It begins when the code is loaded: what comes before is not of its time. */
export type Message = 'begun' | Answer

type Handler = (event: unknown, context: object) => unknown

process.on('message', async (task: Task) => {
  const answer = await run(task)
  // Pipes are written at once here: nothing that was printed before comes behind.
  for (const output of [process.stdout, process.stderr]) output.write(`${task.end}\n`)
  tell(answer)
})
process.once('disconnect', () => process.exit())

function tell(message: Message): void {
  process.send?.(message)
}

async function run(task: Task): Promise<Answer> {
  try {
    const handler = loadHandler(task.handler)
    tell('begun')
    return { result: (await handler(task.event, contextOf(task))) ?? null }
  } catch (error) {
    if (!(error instanceof Error)) return { error: { errorType: typeof error, errorMessage: String(error) } }
    return { error: { errorType: error.name, errorMessage: error.message, trace: error.stack } }
  }
}

function contextOf(task: Task) {
  const deadline = performance.now() + task.timeout
  return {
    functionName: task.functionName,
    functionVersion: '$LATEST',
    awsRequestId: task.requestId,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  }
}

function loadHandler(handler: string): Handler {
  const [file = '', name = ''] = handler.split('.')
  const module: Record<string, unknown> = createRequire(join(process.cwd(), file))(`./${file}`)
  const found = module[name]
  if (typeof found === 'function') return found as Handler
  throw new Error(`${handler} is undefined or not exported`)
}
