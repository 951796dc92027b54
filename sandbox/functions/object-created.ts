import { randomBytes, randomUUID } from 'node:crypto'
import type { CreatedObject } from '../s3/call.ts'
import type { StackTemplate } from './assembly.ts'
import { type Place, resolveText, SANDBOX_ACCOUNT } from './resolve.ts'

/** As EventBridge tells of a new object. */
export const OBJECT_CREATED = { source: 'aws.s3', 'detail-type': 'Object Created' } as const

export function objectCreated({ bucket, version, object, reason }: CreatedObject, { region }: Place) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': OBJECT_CREATED['detail-type'],
    source: OBJECT_CREATED.source,
    account: SANDBOX_ACCOUNT,
    time: version.lastModified.replace('.000Z', 'Z'),
    region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key: version.key,
        size: object.size,
        etag: object.etag,
        // A bucket without versioning does not speak of versions.
        ...(version.versionId !== 'null' && { 'version-id': version.versionId }),
        sequencer: version.sequence.toString(16).toUpperCase().padStart(16, '0'),
      },
      'request-id': randomBytes(8).toString('hex').toUpperCase(),
      requester: SANDBOX_ACCOUNT,
      'source-ip-address': '127.0.0.1',
      reason,
    },
  }
}

/** Names of buckets, and whether each tells EventBridge what happens in it. */
export function findBuckets(stack: StackTemplate, place: Place): { name: string; tells: boolean }[] {
  return Object.values(stack.resources).flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::S3::Bucket' || Properties?.BucketName === undefined) return []
    const notification = Properties.NotificationConfiguration as
      | { EventBridgeConfiguration?: { EventBridgeEnabled?: boolean } }
      | undefined
    const { EventBridgeConfiguration: configuration } = notification ?? {}
    const tells = configuration !== undefined && configuration.EventBridgeEnabled !== false
    return [{ name: resolveText(stack, place, Properties.BucketName), tells }]
  })
}
