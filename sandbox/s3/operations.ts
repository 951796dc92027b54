import type { IncomingMessage } from 'node:http'
import { type Answer, contentsOf, refuse, xml } from './answer.ts'
import { receiveXml } from './body.ts'
import type { Call } from './call.ts'
import { listObjects, listObjectVersions } from './listings.ts'
import * as multipart from './multipart.ts'
import { copyObject, deleteObject, getObject, putObject } from './objects.ts'
import { OVERRIDE } from './overrides.ts'

type Run = (call: Call) => Answer | Promise<Answer>

/** By method, subject, sub-resource and, for a copy, its source; with the name that S3 gives the operation. */
const OPERATIONS: Record<string, readonly [action: string, run: Run]> = {
  'PUT bucket': ['CreateBucket', ({ bucket }) => ({ headers: { location: `/${bucket.name}` } })],
  'HEAD bucket': ['HeadBucket', () => ({})],
  'GET bucket versioning': ['GetBucketVersioning', getBucketVersioning],
  'PUT bucket versioning': ['PutBucketVersioning', putBucketVersioning],
  'GET bucket list-type': ['ListObjectsV2', listObjects],
  'GET bucket versions': ['ListObjectVersions', listObjectVersions],
  'PUT object': ['PutObject', putObject],
  'PUT object copy': ['CopyObject', copyObject],
  'GET object': ['GetObject', getObject],
  'HEAD object': ['HeadObject', getObject],
  'DELETE object': ['DeleteObject', deleteObject],
  'POST object uploads': ['CreateMultipartUpload', multipart.createMultipartUpload],
  'PUT object uploadId': ['UploadPart', multipart.uploadPart],
  'PUT object uploadId copy': ['UploadPartCopy', multipart.uploadPartCopy],
  'POST object uploadId': ['CompleteMultipartUpload', multipart.completeMultipartUpload],
  'DELETE object uploadId': ['AbortMultipartUpload', multipart.abortMultipartUpload],
}

/** What a query may say besides naming the sub-resource; versions come with plain keys also for `encoding-type=url`. */
const PARAMETERS =
  /^(x-id|versionId|partNumber|prefix|max-keys|continuation-token|key-marker|version-id-marker|encoding-type)$/

/** A sub-resource that we do not know must not be overlooked, lest a GET ?acl answer with the bytes. */
export function findOperation(
  { method, url, headers }: IncomingMessage,
  key: string,
  query: URLSearchParams,
) {
  const isRead = key !== '' && (method === 'GET' || method === 'HEAD')
  const says = (name: string) => PARAMETERS.test(name) || (isRead && OVERRIDE.test(name))
  // An empty delimiter divides nothing; rclone sends one.
  const subResources = [...query]
    .filter(([name, value]) => !says(name) && `${name}${value}` !== 'delimiter')
    .map(([name]) => name)
  const copy = headers['x-amz-copy-source'] === undefined ? [] : ['copy']
  const operation = OPERATIONS[[method, key === '' ? 'bucket' : 'object', ...subResources, ...copy].join(' ')]
  if (operation) return operation
  refuse(501, 'NotImplemented', `${method} ${url}`)
}

function getBucketVersioning({ bucket }: Call): Answer {
  return { body: xml('VersioningConfiguration', { Status: bucket.versioned ? 'Enabled' : undefined }) }
}

async function putBucketVersioning(call: Call): Promise<Answer> {
  const [status] = contentsOf(await receiveXml(call), 'Status')
  if (status !== 'Enabled') refuse(501, 'NotImplemented', `Versioning ${status}`)
  call.bucket.enableVersioning()
  return {}
}
