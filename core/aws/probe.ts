import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { BucketConfig } from '../model/config.ts'
import type { NiceBlobsError } from '../model/errors.ts'
import { createS3Client } from './s3-client.ts'
import { translateError } from './translate-error.ts'

export interface Probe {
  error?: NiceBlobsError
  /** Of the first object. */
  key?: string
  /** How far this host's clock is ahead of the bucket's, in milliseconds, which also a refusal tells. */
  ahead?: number
}

/** Lists one key, to see whether the bucket answers and how late it is there. */
export async function probeBucket(config: BucketConfig, prefix: string): Promise<Probe> {
  const client = createS3Client(config)
  const probe: Probe = {}
  // Nearest to the wire, where a refusal still is an answer with headers.
  client.middlewareStack.add(
    next => async words => {
      const result = await next(words)
      const { headers } = result.response as { headers?: Record<string, string> }
      const date = Date.parse(headers?.date ?? '')
      if (date) probe.ahead = Date.now() - date
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'compareClocks' },
  )
  try {
    const command = new ListObjectsV2Command({ Bucket: config.name, Prefix: prefix, MaxKeys: 1 })
    const key = (await client.send(command)).Contents?.[0]?.Key
    if (key !== undefined) probe.key = key
  } catch (error) {
    probe.error = translateError(error, `s3://${config.name}/${prefix}`)
  } finally {
    client.destroy()
  }
  return probe
}
