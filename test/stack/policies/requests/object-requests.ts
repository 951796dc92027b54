import { blobKey, manifestKey, verdictKey } from '../../../../core/model/key.ts'
import { OLD_TLS, OVER_HTTP, type Request } from './request.ts'

const REF = { oid: '00000000000004d2', tid: '03d167f919308700' }
const REPORT = '03d167f919308700-5f0c9a3be1d24876'
const LATER = { ...REF, tid: '03d167f919308701' }

export const KEYS = {
  'blobs/main': blobKey('main', REF),
  'blobs/main-old': blobKey('main-old', REF),
  'packs/main': manifestKey('main', REPORT),
  'packs/main-old': manifestKey('main-old', REPORT),
  'verdicts/main': verdictKey('main', REPORT),
  'verdicts/main-old': verdictKey('main-old', REPORT),
  'beside blobs': 'blobs-old/key',
  'beside packs': 'packs-old/key',
  'beside verdicts': 'verdicts-old/key',
  'another of blobs/main': blobKey('main', LATER),
}
type Key = keyof typeof KEYS

const EVERY = Object.keys(KEYS).filter(on => !on.startsWith('another')) as Key[]
const ONE: Key[] = ['blobs/main']
const TWO: Key[] = ['blobs/main', 'packs/main']
/** Of the ones that a lawful erasure may name. */
const ERASABLE: Key[] = [...TWO, 'verdicts/main', 'blobs/main-old', 'another of blobs/main']

/** S3 tells apart what creates an object and what only adds a part to an upload. */
const CREATING = { 's3:ObjectCreationOperation': 'true' }
const PART = { 's3:ObjectCreationOperation': 'false' }
const ONCE = { ...CREATING, 's3:if-none-match': '*' }
const CUSTOMERS_KEY = { 's3:x-amz-server-side-encryption-customer-algorithm': 'AES256' }
const encryptedBy = (algorithm: string) => ({ 's3:x-amz-server-side-encryption': algorithm })
const COPYING = { 's3:x-amz-copy-source': `example-blobs/${KEYS['blobs/main']}`, ...encryptedBy('AES256') }

type Row = readonly [name: string, action: string, keys: readonly Key[], context?: Request['context']]

const READING: readonly Row[] = [
  ['get', 'GetObject', EVERY],
  ['get, over http', 'GetObject', TWO, OVER_HTTP],
  ['get, over TLS 1.1', 'GetObject', TWO, OLD_TLS],
  ['get a version', 'GetObjectVersion', EVERY, { 's3:VersionId': 'v1' }],
]

const WRITING: readonly Row[] = [
  ['create', 'PutObject', EVERY, ONCE],
  ['create, the bucket’s key told', 'PutObject', ONE, { ...ONCE, ...encryptedBy('AES256') }],
  ['create as a copy', 'PutObject', TWO, { ...ONCE, ...COPYING }],
  ['upload a part', 'PutObject', EVERY, PART],
  ['give an upload up', 'AbortMultipartUpload', EVERY],
  ['overwrite', 'PutObject', EVERY, CREATING],
  ['overwrite what matches', 'PutObject', TWO, { ...CREATING, 's3:if-match': '"etag"' }],
  ['overwrite with a copy', 'PutObject', TWO, { ...CREATING, ...COPYING }],
  ['create, customer’s key', 'PutObject', TWO, { ...ONCE, ...CUSTOMERS_KEY }],
  ['upload a part, customer’s key', 'PutObject', TWO, { ...PART, ...CUSTOMERS_KEY }],
  ['create, account’s key', 'PutObject', TWO, { ...ONCE, ...encryptedBy('aws:kms') }],
  ['create, account’s key twice', 'PutObject', ONE, { ...ONCE, ...encryptedBy('aws:kms:dsse') }],
  ['begin an upload, account’s key', 'PutObject', TWO, { ...PART, ...encryptedBy('aws:kms') }],
  ['change the key', 'UpdateObjectEncryption', ERASABLE, encryptedBy('aws:kms')],
  ['create, over http', 'PutObject', ONE, { ...ONCE, ...OVER_HTTP }],
  ['create, over TLS 1.1', 'PutObject', ONE, { ...ONCE, ...OLD_TLS }],
]

/** What changes no byte of an object and hides none. */
const MARKING: readonly Row[] = [
  ['set tags', 'PutObjectTagging', ONE],
  ['set tags of a version', 'PutObjectVersionTagging', ONE, { 's3:VersionId': 'v1' }],
  ['set an annotation', 'PutObjectAnnotation', ONE],
  ['set the access list', 'PutObjectAcl', ONE],
  ['set a retention', 'PutObjectRetention', EVERY],
  ['set a legal hold', 'PutObjectLegalHold', EVERY],
  ['restore from a deep tier', 'RestoreObject', ONE],
]

const DELETING: readonly Row[] = [
  ['place a marker', 'DeleteObject', EVERY],
  ['place a marker on what matches', 'DeleteObject', ONE, { 's3:if-match': '"etag"' }],
  ['delete a version', 'DeleteObjectVersion', ERASABLE, { 's3:VersionId': 'v1' }],
  ['get around a retention', 'BypassGovernanceRetention', ERASABLE],
]

const REPLICATING: readonly Row[] = [
  ['read for replication', 'GetObjectVersionForReplication', EVERY],
  ['read an access list for it', 'GetObjectVersionAcl', EVERY, { 's3:VersionId': 'v1' }],
  ['read tags for it', 'GetObjectVersionTagging', EVERY, { 's3:VersionId': 'v1' }],
  ['replicate an object', 'ReplicateObject', EVERY],
  ['replicate a marker', 'ReplicateDelete', EVERY],
  ['replicate tags', 'ReplicateTags', EVERY],
  ['replicate to another owner', 'ObjectOwnerOverrideToBucketOwner', TWO],
]

const rowsOf = { READING, WRITING, MARKING, DELETING, REPLICATING }

/** Requests about the objects of a bucket. */
export function objectRequests(bucketArn: string, which: keyof typeof rowsOf): Request[] {
  return rowsOf[which].flatMap(([name, action, keys, context = {}]) =>
    keys.map(on => ({ name, on, action: `s3:${action}`, resource: `${bucketArn}/${KEYS[on]}`, context })),
  )
}
