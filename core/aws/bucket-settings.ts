import {
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  type ReplicationRule,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import { ALL_BLOBS } from '../model/key.ts'
import { createS3Client } from './s3-client.ts'
import { hasName, translateError } from './translate-error.ts'

/** How a bucket is set up, for those who may see it. */

export async function keepsVersions(config: BucketConfig): Promise<boolean> {
  const command = new GetBucketVersioningCommand({ Bucket: config.name })
  return (await ask(config, client => client.send(command)))?.Status === 'Enabled'
}

/** A JSON document; undefined when there is none. */
export async function readPolicy(config: BucketConfig): Promise<string | undefined> {
  const command = new GetBucketPolicyCommand({ Bucket: config.name })
  return (await ask(config, client => client.send(command)))?.Policy
}

/** The buckets that all blobs are replicated to. */
export async function readReplicas(config: BucketConfig): Promise<string[]> {
  const command = new GetBucketReplicationCommand({ Bucket: config.name })
  const answer = await ask(config, client => client.send(command))
  const rules = answer?.ReplicationConfiguration?.Rules ?? []
  return rules.filter(isOfBlobs).map(({ Destination }) => Destination?.Bucket?.split(':::')[1] ?? '')
}

function isOfBlobs({ Status, Filter, Prefix }: ReplicationRule): boolean {
  const prefix = Filter?.Prefix ?? Prefix ?? ''
  return Status === 'Enabled' && !Filter?.And && !Filter?.Tag && ALL_BLOBS.startsWith(prefix)
}

async function ask<T>(config: BucketConfig, work: (client: S3Client) => Promise<T>): Promise<T | undefined> {
  const client = createS3Client(config)
  try {
    return await work(client)
  } catch (error) {
    if (hasName(error, 'NoSuchBucketPolicy', 'ReplicationConfigurationNotFoundError')) return undefined
    throw translateError(error, `s3://${config.name}`)
  } finally {
    client.destroy()
  }
}
