import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createS3Client } from '../../core/aws/s3-client.ts'
import { createS3Copies } from '../../core/aws/s3-copies.ts'
import { createS3Predecessor } from '../../core/aws/s3-predecessor.ts'
import { createCopiesThroughHost } from '../../core/copy-through-host.ts'
import type { BucketConfig } from '../../core/model/config.ts'
import type { BlobBucket, BlobCopies } from '../../core/ports.ts'

/** A predecessor's bucket on a server, made anew, and its application. */
export async function startPredecessor(config: BucketConfig) {
  const client = createS3Client(config)
  await client.send(new CreateBucketCommand({ Bucket: config.name }))
  const at = (Key: string) => ({ Bucket: config.name, Key })
  return {
    place: { bucket: config },
    predecessor: createS3Predecessor({ bucket: config }),
    put: (key: string, content: Buffer) => client.send(new PutObjectCommand({ ...at(key), Body: content })),
    remove: (key: string) => client.send(new DeleteObjectCommand(at(key))),
    close: () => client.destroy(),
  }
}

type From = Awaited<ReturnType<typeof startPredecessor>>
type Connect = (config: BucketConfig, from: From, bucket: BlobBucket) => BlobCopies

/** How bytes get from there into our bucket. */
export const WAYS: readonly (readonly [name: 'by the server' | 'through the host', connect: Connect])[] = [
  ['by the server', (config, { place }) => createS3Copies(config, place)],
  ['through the host', (_config, { predecessor }, bucket) => createCopiesThroughHost(predecessor, bucket)],
]
