import { CLIENT_CONFIGURATION, SIGNING_KEYS } from '../../core/model/output-names.ts'
import type { StackTemplate } from './assembly.ts'
import { type Place, resolveText } from './resolve.ts'

/** By stack and name, as `cdk deploy --outputs-file` writes them. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What programs read of the outputs; most of the others name what the sandbox has not got. */
const READ_BY_PROGRAMS = [CLIENT_CONFIGURATION, SIGNING_KEYS]

export function readOutputs(stacks: readonly StackTemplate[], place: Place): Outputs {
  return Object.fromEntries(
    stacks.map(stack => {
      const told = READ_BY_PROGRAMS.filter(name => stack.outputs[name] !== undefined)
      return [
        stack.name,
        Object.fromEntries(told.map(name => [name, resolveText(stack, place, stack.outputs[name]?.Value)])),
      ]
    }),
  )
}
