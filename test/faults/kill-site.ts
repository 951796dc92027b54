import { createDynamoClient, createDynamoIndex } from '../../core/aws/dynamo-index.ts'
import { createS3Bucket } from '../../core/aws/s3-bucket.ts'
import { AT_ONCE } from '../flows/setting.ts'
import { archiveAll, readAll, recallAll, type Site } from './steps.ts'

/** What parent and child of the kill loop have in common: a sandbox in a third process, a volume, a cache. */

/** As sandbox/main.ts prints it. */
export interface Outside {
  bucketEndpoint: string
  indexEndpoint: string
  region: string
  bucket: string
  table: string
}

const JOBS = 4
/** Bytes: the large blob and hardly more, so that every read evicts. */
export const SMALL_CACHE = 2 ** 20 + 1000

export type StepName = 'archive' | 'release' | 'recall' | 'read' | 'fetch' | 'evict'

/** Answers what went wrong. */
export function doStep(step: StepName, site: Site, archived: Site['blobs']): Promise<unknown[]> {
  if (step === 'recall') return recallAll(site, site.volume, { jobs: JOBS, verify: false })
  if (step === 'read') return readAll(site, [site.volume])
  // As on a host without the volume.
  if (step === 'fetch') return readAll({ ...site, blobs: archived }, [])
  if (step === 'evict') return readAll({ ...site, blobs: archived }, [], SMALL_CACHE)
  return archiveAll(site, JOBS, step === 'release' ? AT_ONCE : undefined)
}

/** For a child, on its command line. */
export interface Order {
  outside: Outside
  database: string
  volume: string
  cache: string
  blobs: Site['blobs']
  /** Those that are in the bucket from the beginning. */
  archived: Site['blobs']
  /** One group after the other, the steps of a group at the same time. */
  groups: readonly (readonly StepName[])[]
}

export function portsOf({ bucket: name, table, region, bucketEndpoint, indexEndpoint }: Outside) {
  const config = { name, region, endpoint: bucketEndpoint, pathStyle: true, checksums: 'server' as const }
  const client = createDynamoClient({ table, endpoint: indexEndpoint }, config)
  return { bucket: createS3Bucket(config), index: createDynamoIndex(table, client) }
}
