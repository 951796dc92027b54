import type { Config } from './config.ts'
import type { StackConfig } from './stack-config.ts'

/** What must hold between the settings of a stack. A setting that is faulty by itself breaks none of them. */
export interface Relation {
  path: readonly string[]
  holds(stack: StackConfig, config: Config): boolean
  says(stack: StackConfig, config: Config): string
}
