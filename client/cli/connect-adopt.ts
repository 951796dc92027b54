import type { Adopt } from '../../core/adopt.ts'
import { createS3Copies } from '../../core/aws/s3-copies.ts'
import { createS3Predecessor, type PredecessorPlace } from '../../core/aws/s3-predecessor.ts'
import { createCopiesThroughHost } from '../../core/copy-through-host.ts'
import type { BucketConfig } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { connectArchive } from './connect.ts'
import type { ConfigOptions } from './options.ts'
import type { PredecessorOptions } from './predecessor-options.ts'

/** Bucket and index, and the bucket that is taken over. */
export function connectAdopt(options: ConfigOptions & PredecessorOptions, customerKey?: string): Adopt {
  const { archive, config } = connectArchive(options)
  const place = placeOf(config.bucket, options, customerKey)
  const predecessor = createS3Predecessor(place)
  const copies = reaches(config.bucket, place)
    ? createS3Copies(config.bucket, place)
    : createCopiesThroughHost(predecessor, archive.bucket)
  return { ...archive, predecessor, copies }
}

function placeOf(
  ours: BucketConfig,
  { from: name, fromEndpoint, fromRegion, fromProfile: profile }: PredecessorOptions,
  customerKey: string | undefined,
): PredecessorPlace {
  const elsewhere = fromEndpoint !== undefined && !isSame(fromEndpoint, ours.endpoint)
  const server = elsewhere ? { endpoint: fromEndpoint, pathStyle: true } : {}
  const bucket = { ...ours, ...server, name, ...(fromRegion !== undefined && { region: fromRegion }) }
  if (customerKey && !isPrivate(bucket.endpoint)) throw keyInTheOpen(bucket.endpoint)
  return { bucket, profile, customerKey }
}

/** A server copies between its own buckets, for whoever may read the one and write the other. */
function reaches(ours: BucketConfig, { bucket, profile }: PredecessorPlace): boolean {
  return profile === undefined && isSame(bucket.endpoint, ours.endpoint)
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return (
    one === other || (one !== undefined && other !== undefined && new URL(one).href === new URL(other).href)
  )
}

function isPrivate(endpoint = 'https://aws'): boolean {
  return /^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(`${endpoint}/`)
}

function keyInTheOpen(endpoint = ''): NiceBlobsError {
  return new NiceBlobsError('USAGE_WRONG', 'a customer key would go over the wire in the open', {
    subject: endpoint,
    hint: 'say an endpoint that speaks https',
  })
}
