import { Duration, Validations } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'

const KEPT = Duration.days(400)

/** Where a bucket's access log and inventory go: nothing that cannot be spared, and so outside the shield. */
export function addRecordsBucket(scope: Construct): IBucket {
  const records = new Bucket(scope, 'Records', {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [
      { id: 'Forget', expiration: KEPT, abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ],
  })
  Validations.of(records).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'It holds the access log itself; a log of the log would grow for ever.',
  })
  return records as IBucket
}

/** For a stack in another region, which can look it up; the construct's own would have to be spelled out beforehand. */
export function plainArnOf({ node }: IBucket): string {
  const resource = node.defaultChild
  if (!(resource instanceof CfnBucket)) throw new Error('a bucket without its resource')
  return resource.attrArn
}
