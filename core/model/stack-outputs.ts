import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'

const outputs = z.record(z.string(), z.string())
/** As `cdk deploy --outputs-file` writes them: by stack. */
const fromDeploy = z.record(z.string(), outputs)
/** As `aws cloudformation describe-stacks` prints them. */
const fromDescribe = z.object({
  Stacks: z.array(
    z.object({
      StackName: z.string(),
      Outputs: z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() })).default([]),
    }),
  ),
})

/** Where to look: `stack` where there are several that have such an output. */
export interface OutputsFile {
  readonly text: string
  /** Names the file in messages. */
  readonly subject: string
  readonly stack?: string | undefined
}

/** What a stack's output says, which is JSON of that form. */
export function readOutput<T>(output: string, form: z.ZodType<T>, file: OutputsFile): T {
  return readOutputOf(output, form, file).value
}

/** The same, and which stack says it. */
export function readOutputOf<T>(
  output: string,
  form: z.ZodType<T>,
  { text, subject, stack }: OutputsFile,
): { stack: string; value: T } {
  const found = Object.entries(readOutputs(text, subject))
    .filter(([name]) => stack === undefined || name === stack)
    .flatMap(([name, values]) => {
      const value = values[output]
      return value === undefined ? [] : [{ name, value }]
    })
  const [only] = found
  if (!only) {
    const which = stack === undefined ? '' : ` "${stack}"`
    throw wrong(subject, `no stack${which} has the output ${output}`)
  }
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(', ')
    throw wrong(subject, `several stacks: name one of ${names} with --stack`)
  }
  const result = form.safeParse(parseJson(only.value, subject))
  if (result.success) return { stack: only.name, value: result.data }
  throw wrong(subject, `the output ${output} is not as a stack of ours has it`, result.error)
}

function readOutputs(text: string, subject: string): z.infer<typeof fromDeploy> {
  const raw = parseJson(text, subject)
  const described = fromDescribe.safeParse(raw)
  if (described.success)
    return Object.fromEntries(
      described.data.Stacks.map(({ StackName, Outputs }) => [
        StackName,
        Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      ]),
    )
  const deployed = fromDeploy.safeParse(raw)
  if (deployed.success) return deployed.data
  throw wrong(subject, 'these are no outputs of stacks', deployed.error)
}

function parseJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw wrong(subject, `not JSON: ${(cause as Error).message}`, cause)
  }
}

function wrong(subject: string, message: string, cause?: unknown): NiceBlobsError {
  const hint =
    'write the outputs with cdk deploy --all --outputs-file FILE, or pipe aws cloudformation describe-stacks into --outputs -'
  return new NiceBlobsError('CONFIG_INVALID', message, { subject, hint, cause })
}
