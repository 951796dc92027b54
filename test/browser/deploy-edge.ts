import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Distribution } from '../../sandbox/edge/distribution.ts'
import { readDistribution } from '../../sandbox/edge/read-distribution.ts'
import { synthesize } from '../../sandbox/functions/synthesize.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** What `cdk deploy` would make of the database `main`, whose URLs this key signs. */
export async function deployEdge(
  directory: string,
  bucket: object,
  publicKey: string,
): Promise<Distribution> {
  const config = join(directory, 'deploy.json')
  const assembly = join(directory, 'cdk.out')
  const stack = { delivery: { databases: { main: { publicKeys: [publicKey] } } } }
  writeFileSync(
    config,
    JSON.stringify({ bucket, index: { table: 'browser-index' }, databases: { main: {} }, stack }),
  )
  await synthesize(PROJECT, assembly, { config })
  return readDistribution(assembly, 'main')
}
