import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type ObjectIdentifier,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  type S3Client,
  S3ServiceException,
  UpdateObjectEncryptionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { RECONFIGURATIONS } from './reconfigurations.ts'
import type { Archived } from './setting.ts'

export interface Attempt {
  name: string
  action: string
  run(client: S3Client, blob: Archived): Promise<unknown>
  /** What the server itself objects to once no policy does. */
  otherwise?: string
}

const CUSTOMERS_KEY = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) }
/** Of a bucket that was made without locks, as only the replica can be with them. */
const NO_LOCK = 'InvalidRequest'
const FOR_YEARS = { Mode: 'COMPLIANCE' as const, RetainUntilDate: new Date('2100-01-01') }
const BY_KMS = { SSEKMS: { KMSKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/some-key' } }
const ACCOUNTS_KEY = { ServerSideEncryption: 'aws:kms' as const }
const anew = ({ Bucket, Key }: Archived) => ({ Bucket, Key: `${Key}-anew`, Body: 'x', IfNoneMatch: '*' })

/** Every way to lose blobs, or to prepare for that, that requests offer, by the statement of the shield that bars it. */
export const ATTEMPTS: Record<string, Attempt[]> = {
  KeepBucketAndVersions: [
    {
      name: 'deleting the bucket',
      action: 's3:DeleteBucket',
      run: (client, { Bucket }) => client.send(new DeleteBucketCommand({ Bucket })),
      otherwise: 'BucketNotEmpty',
    },
    {
      name: 'deleting a version',
      action: 's3:DeleteObjectVersion',
      run: (client, { Bucket, Key, VersionId }) =>
        client.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
    },
    {
      name: 'deleting a version around its retention',
      action: 's3:BypassGovernanceRetention',
      run: (client, { Bucket, Key, VersionId }) =>
        client.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention: true })),
    },
    {
      name: 'moving a version to a key that can be taken away',
      action: 's3:UpdateObjectEncryption',
      run: (client, { Bucket, Key, VersionId }) =>
        client.send(new UpdateObjectEncryptionCommand({ Bucket, Key, VersionId, ObjectEncryption: BY_KMS })),
    },
    {
      name: 'deleting versions from a list',
      action: 's3:DeleteObjectVersion',
      run: (client, { Bucket, Key, VersionId }) => deleteFromList(client, Bucket, { Key, VersionId }),
    },
  ],
  OnlySweeperMarks: [
    {
      name: 'placing a marker',
      action: 's3:DeleteObject',
      run: (client, { Bucket, Key }) => client.send(new DeleteObjectCommand({ Bucket, Key })),
    },
    {
      name: 'placing markers from a list',
      action: 's3:DeleteObject',
      run: (client, { Bucket, Key }) => deleteFromList(client, Bucket, { Key }),
    },
  ],
  WriteOnce: [
    {
      name: 'putting other bytes',
      action: 's3:PutObject',
      run: (client, { Bucket, Key }) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })),
    },
    {
      name: 'putting other bytes over known ones',
      action: 's3:PutObject',
      run: (client, { Bucket, Key, ETag }) =>
        client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', IfMatch: ETag })),
    },
    {
      name: 'copying onto the key',
      action: 's3:PutObject',
      run: (client, { Bucket, Key }) => {
        const other = { CopySource: `${Bucket}/${Key}`, MetadataDirective: 'REPLACE' as const }
        return client.send(new CopyObjectCommand({ Bucket, Key, ...other }))
      },
    },
    {
      name: 'completing an upload in parts',
      action: 's3:PutObject',
      run: (client, { Bucket, Key }) => putInParts(client, { Bucket, Key }),
    },
  ],
  NoKeysOfCustomers: [
    {
      name: 'encrypting with a key of their own',
      action: 's3:PutObject',
      run: (client, blob) => client.send(new PutObjectCommand({ ...anew(blob), ...CUSTOMERS_KEY })),
    },
  ],
  NoKeysOfAccounts: [
    {
      name: 'encrypting with a key of the account',
      action: 's3:PutObject',
      run: (client, blob) => client.send(new PutObjectCommand({ ...anew(blob), ...ACCOUNTS_KEY })),
    },
  ],
  NoLocksOfObjects: [
    {
      name: 'locking a version for years',
      action: 's3:PutObjectRetention',
      run: (client, { Bucket, Key, VersionId }) =>
        client.send(new PutObjectRetentionCommand({ Bucket, Key, VersionId, Retention: FOR_YEARS })),
      otherwise: NO_LOCK,
    },
    {
      name: 'holding a version for good',
      action: 's3:PutObjectLegalHold',
      run: (client, { Bucket, Key, VersionId }) =>
        client.send(new PutObjectLegalHoldCommand({ Bucket, Key, VersionId, LegalHold: { Status: 'ON' } })),
      otherwise: NO_LOCK,
    },
  ],
  OnlyDeploymentsReconfigure: RECONFIGURATIONS,
}

/** Refusals of single keys come in an answer that is no error. */
async function deleteFromList(client: S3Client, Bucket: string, object: ObjectIdentifier): Promise<void> {
  const { Errors = [] } = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [object] } }),
  )
  for (const { Code = '', Message: message = '' } of Errors)
    throw new S3ServiceException({ name: Code, message, $fault: 'client', $metadata: {} })
}

/** In one part; `condition` is that of the completion. */
export async function putInParts(
  client: S3Client,
  at: { Bucket: string; Key: string },
  condition: { IfNoneMatch?: string } = {},
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const upload = { ...at, UploadId }
  const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' }))
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, ...condition }))
}
