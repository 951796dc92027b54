import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  CfnBucket,
  CfnBucketPolicy,
  type IBucket,
  InventoryFormat,
  InventoryFrequency,
  InventoryObjectVersion,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { type Exempt, shieldStatements } from './shield.ts'

interface BlobBucketProps {
  name: string
  /** How long what lies under a delete marker is kept: milliseconds, whole days. */
  noncurrentExpiry: number
  /** Of access and inventories. */
  records: IBucket
  exempt: Exempt
  shieldRevision: number
  lifecycleRules?: LifecycleRule[]
  more?: BucketProps
}

/** Where in the bucket of records; after it S3 writes the bucket's name. */
export const INVENTORY_PREFIX = 'inventory'
const ABANDONED = Duration.days(7)

/** A bucket whose blobs outlast mistakes: versioned, shielded, and kept with its shield when its stack is deleted. */
export function addBlobBucket(scope: Construct, id: string, props: BlobBucketProps): Bucket {
  const bucket = new Bucket(scope, id, {
    bucketName: props.name,
    versioned: true,
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy: RemovalPolicy.RETAIN,
    serverAccessLogsBucket: props.records,
    serverAccessLogsPrefix: 'access/',
    lifecycleRules: [...keepForUndelete(props.noncurrentExpiry), ...(props.lifecycleRules ?? [])],
    inventories: [
      {
        inventoryId: 'daily',
        destination: { bucket: props.records, prefix: INVENTORY_PREFIX },
        format: InventoryFormat.CSV,
        frequency: InventoryFrequency.DAILY,
        includeObjectVersions: InventoryObjectVersion.ALL,
        optionalFields: ['Size', 'LastModifiedDate', 'StorageClass', 'ReplicationStatus'],
      },
    ],
    ...props.more,
  })
  for (const statement of shieldStatements(bucket, props.exempt)) bucket.addToResourcePolicy(statement)
  keepPolicy(bucket, props)
  tellEventBridge(bucket)
  return bucket
}

/** Of every change; rules choose what they listen to. */
function tellEventBridge({ node }: Bucket): void {
  const resource = node.defaultChild
  if (!(resource instanceof CfnBucket)) throw new Error('a bucket without its resource')
  // The property of the L2 construct would add a function to set this.
  resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } }
}

function keepPolicy({ policy }: Bucket, { name, shieldRevision }: BlobBucketProps): void {
  const resource = policy?.node.defaultChild
  if (!(resource instanceof CfnBucketPolicy)) throw new Error('a shield without its resource')
  // Without it, deleting the stack would delete the policy and leave the bucket bare.
  resource.applyRemovalPolicy(RemovalPolicy.RETAIN)
  // CloudFormation compares templates, not buckets: only what differs is put again.
  resource.addPropertyOverride('PolicyDocument.Id', `nice-blobs-shield-${shieldRevision}`)
  // A name that is written out lets a stack that comes back take in what an earlier one left.
  resource.addPropertyOverride('Bucket', name)
}

/** Lifecycle rules are the one way a version leaves, long after its marker; the shield denies every other. */
function keepForUndelete(milliseconds: number): LifecycleRule[] {
  return [
    {
      id: 'ForgetSwept',
      noncurrentVersionExpiration: Duration.millis(milliseconds),
      expiredObjectDeleteMarker: true,
      abortIncompleteMultipartUploadAfter: ABANDONED,
    },
  ]
}
