import { z } from 'zod'
import { SIGNING_KEYS } from './output-names.ts'
import { type OutputsFile, readOutputOf } from './stack-outputs.ts'

/** By the name of a public key that is deployed, by which id CloudFront knows it. */
export type DeployedKeys = Readonly<Record<string, string>>

const byDatabase = z.record(z.string(), z.record(z.string(), z.string().regex(/^[A-Z0-9]+$/)))

/** The keys of one database in a stack's outputs, and which stack that is; none where it has no distribution. */
export function readDeployedKeys(database: string, file: OutputsFile): { stack: string; keys: DeployedKeys } {
  const { stack, value } = readOutputOf(SIGNING_KEYS, byDatabase, file)
  return { stack, keys: Object.hasOwn(value, database) ? (value[database] ?? {}) : {} }
}
