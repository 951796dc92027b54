import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Runs one invocation in a process of its own, as Lambda's runtime does in a fresh environment. */

export interface Task {
  readonly event: unknown
  /** Module and export: `index.handler`. */
  readonly handler: string
  readonly functionName: string
  readonly requestId: string
  /** In milliseconds from here on. */
  readonly timeout: number
}

export interface FunctionError {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: string | undefined
}

export type Answer = { readonly result: unknown } | { readonly error: FunctionError }

type Handler = (event: unknown, context: object) => unknown

process.once('message', async (task: Task) => {
  process.send?.(await run(task))
})

async function run(task: Task): Promise<Answer> {
  const deadline = performance.now() + task.timeout
  const context = {
    functionName: task.functionName,
    functionVersion: '$LATEST',
    awsRequestId: task.requestId,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  }
  try {
    return { result: (await loadHandler(task.handler)(task.event, context)) ?? null }
  } catch (error) {
    if (!(error instanceof Error)) return { error: { errorType: typeof error, errorMessage: String(error) } }
    return { error: { errorType: error.name, errorMessage: error.message, trace: error.stack } }
  }
}

function loadHandler(handler: string): Handler {
  const [file = '', name = ''] = handler.split('.')
  const module: Record<string, unknown> = createRequire(join(process.cwd(), file))(`./${file}`)
  const found = module[name]
  if (typeof found === 'function') return found as Handler
  throw new Error(`${handler} is undefined or not exported`)
}
