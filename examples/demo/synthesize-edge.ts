import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { synthesize } from '../../sandbox/functions/synthesize.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** The stack with an edge that trusts these keys; answers the directory of the assembly. */
export async function synthesizeEdge(
  directory: string,
  place: { bucket: { name: string; region: string }; index: { table: string } },
  publicKeys: readonly string[],
): Promise<string> {
  mkdirSync(directory, { recursive: true })
  const config = join(directory, 'nice-blobs.config.json')
  const assembly = join(directory, 'cdk.out')
  const stack = { delivery: { databases: { main: { publicKeys } }, logs: false } }
  writeFileSync(config, JSON.stringify({ ...place, databases: { main: {} }, stack }))
  await synthesize(PROJECT, assembly, { config })
  return assembly
}
