import { EventField } from 'aws-cdk-lib/aws-events'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { AlarmTopic } from './alarm-topic.ts'

/** Nobody can delete a version while the shield holds; if somebody does, a person has to know at once. */
export function watchDeletions(scope: Construct, bucket: Bucket, alarms: AlarmTopic): void {
  // What the lifecycle deletes has another reason.
  const detail = {
    bucket: { name: [bucket.bucketName] },
    'deletion-type': ['Permanently Deleted'],
    reason: ['DeleteObject'],
  }
  const about = {
    bucket: EventField.fromPath('$.detail.bucket.name'),
    key: EventField.fromPath('$.detail.object.key'),
    version: EventField.fromPath('$.detail.object.version-id'),
    requester: EventField.fromPath('$.detail.requester'),
    address: EventField.fromPath('$.detail.source-ip-address'),
  }
  alarms.onEvent(
    scope,
    'VersionDeleted',
    { source: ['aws.s3'], detailType: ['Object Deleted'], detail },
    about,
  )
}
