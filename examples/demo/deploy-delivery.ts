import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SIGNING_KEYS } from '../../core/model/output-names.ts'
import type { Distribution } from '../../sandbox/edge/distribution.ts'
import { readDistributions } from '../../sandbox/edge/read-distribution.ts'
import { readAssembly } from '../../sandbox/functions/assembly.ts'
import { type Place, resolveText } from '../../sandbox/functions/resolve.ts'
import { synthesize } from '../../sandbox/functions/synthesize.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

export interface Deployed {
  bucket: string
  table: string
  publicKeys: readonly string[]
  place: Place
  /** The file for what `cdk deploy --outputs-file` writes. */
  outputs: string
}

/** Synthesizes the stack for these keys; answers its one distribution. */
export async function deployDelivery(directory: string, deployed: Deployed): Promise<Distribution> {
  const { bucket, table, publicKeys, place, outputs } = deployed
  mkdirSync(directory, { recursive: true })
  const config = join(directory, 'nice-blobs.config.json')
  writeFileSync(
    config,
    JSON.stringify({
      bucket: { name: bucket, region: place.region },
      index: { table },
      databases: { main: {} },
      stack: { delivery: { databases: { main: { publicKeys } }, logs: false } },
    }),
  )
  await synthesize(PROJECT, join(directory, 'cdk.out'), { config })
  const stacks = readAssembly(join(directory, 'cdk.out'))
  const signingKeys = stacks.flatMap(stack => {
    const output = stack.outputs[SIGNING_KEYS]
    return output ? [[stack.name, { [SIGNING_KEYS]: resolveText(stack, place, output.Value) }]] : []
  })
  writeFileSync(outputs, JSON.stringify(Object.fromEntries(signingKeys)))
  const distribution = readDistributions(stacks, place).get('main')
  if (!distribution) throw new Error('the template has no distribution for the database main')
  return distribution
}
