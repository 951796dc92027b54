import { allowedContextKeysForRequest } from '@cloud-copilot/iam-simulate'

/** A request to S3 as it came over the wire, path-style. */
export interface WireRequest {
  method: string
  target: string
  headers: Record<string, string>
  /** Of a deletion of many; of others it does not matter. */
  body: string
}

/** What S3 asks policies before it does what is requested. */
export interface Question {
  action: string
  resource: string
  /** For `s3:PutObject`: whether the request itself makes an object appear, which a part of an upload does not. */
  creates?: boolean
}

/** Requests about a bucket, by method and the name in their query; '' where there is none. */
const OF_BUCKETS: Record<string, string> = {
  'GET ': 's3:ListBucket',
  'GET versions': 's3:ListBucketVersions',
  'GET policy': 's3:GetBucketPolicy',
  'GET versioning': 's3:GetBucketVersioning',
  'DELETE ': 's3:DeleteBucket',
  'PUT policy': 's3:PutBucketPolicy',
  'DELETE policy': 's3:DeleteBucketPolicy',
  'PUT versioning': 's3:PutBucketVersioning',
  'PUT lifecycle': 's3:PutLifecycleConfiguration',
  'DELETE lifecycle': 's3:PutLifecycleConfiguration',
  'PUT replication': 's3:PutReplicationConfiguration',
  'DELETE replication': 's3:PutReplicationConfiguration',
  'PUT encryption': 's3:PutEncryptionConfiguration',
  'DELETE encryption': 's3:PutEncryptionConfiguration',
  'PUT intelligent-tiering': 's3:PutIntelligentTieringConfiguration',
  'PUT object-lock': 's3:PutBucketObjectLockConfiguration',
  'PUT publicAccessBlock': 's3:PutBucketPublicAccessBlock',
  'DELETE publicAccessBlock': 's3:PutBucketPublicAccessBlock',
  'PUT ownershipControls': 's3:PutBucketOwnershipControls',
  'DELETE ownershipControls': 's3:PutBucketOwnershipControls',
  'PUT acl': 's3:PutBucketAcl',
  'PUT notification': 's3:PutBucketNotification',
  'PUT logging': 's3:PutBucketLogging',
  'PUT requestPayment': 's3:PutBucketRequestPayment',
}
/** Requests that change how an object is kept. */
const OF_OBJECTS: Record<string, string> = {
  'PUT encryption': 's3:UpdateObjectEncryption',
  'PUT retention': 's3:PutObjectRetention',
  'PUT legal-hold': 's3:PutObjectLegalHold',
}
const ABOUT = new Set(Object.keys({ ...OF_BUCKETS, ...OF_OBJECTS }).map(key => key.split(' ')[1]))
/** Names in a query that change nothing about what is asked, or are looked at below. */
const OTHERS = new Set(
  'x-id id list-type prefix delimiter max-keys encoding-type delete versionId uploads uploadId partNumber'.split(
    ' ',
  ),
)

/** As the permissions of each operation are documented; what is not known here is refused, not waved through. */
export function questionsOf(request: WireRequest): Question[] {
  const { method, target, body } = request
  const { pathname, searchParams: query } = new URL(target, 'http://s3')
  const path = decodeURIComponent(pathname.slice(1).replace(/^([^/]+)\/$/, '$1'))
  const resource = `arn:aws:s3:::${path}`
  const isObject = path.includes('/')
  const names = [...query.keys()]
  const about = names.find(name => ABOUT.has(name)) ?? ''
  const isKnown = names.every(name => name === about || OTHERS.has(name))
  if (isKnown && isObject && about === '') return ofObject(request, query, resource)
  const change = OF_OBJECTS[`${method} ${about}`]
  if (isKnown && isObject && change !== undefined) return [{ action: change, resource }]
  if (isKnown && !isObject && query.has('delete')) return deletions(body, resource)
  const action = OF_BUCKETS[`${method} ${about}`]
  if (!isKnown || isObject || action === undefined) throw new Error(`${method} ${target} is not known here`)
  return [{ action, resource }]
}

function ofObject({ method, headers }: WireRequest, query: URLSearchParams, resource: string): Question[] {
  const ofVersion = query.has('versionId') ? 'Version' : ''
  if (method === 'GET' || method === 'HEAD') return [{ action: `s3:GetObject${ofVersion}`, resource }]
  if (method === 'DELETE' && query.has('uploadId')) return [{ action: 's3:AbortMultipartUpload', resource }]
  if (method === 'DELETE') {
    const bypass = headers['x-amz-bypass-governance-retention'] === 'true'
    const around = bypass ? [{ action: 's3:BypassGovernanceRetention', resource }] : []
    return [...around, { action: `s3:DeleteObject${ofVersion}`, resource }]
  }
  const creates = method === 'PUT' ? !query.has('partNumber') : query.has('uploadId')
  const source = headers['x-amz-copy-source']
  const written = { action: 's3:PutObject', resource, creates }
  return source === undefined ? [written] : [ofSource(source), written]
}

function ofSource(source: string): Question {
  const [path = '', query = ''] = source.split('?')
  const ofVersion = new URLSearchParams(query).has('versionId') ? 'Version' : ''
  return { action: `s3:GetObject${ofVersion}`, resource: `arn:aws:s3:::${decodeURIComponent(path)}` }
}

function deletions(body: string, bucket: string): Question[] {
  const objects = [...body.matchAll(/<Object>(.*?)<\/Object>/gs)]
  if (objects.length === 0) throw new Error(`no deletion in ${body}`)
  return objects.map(([, object = '']) => {
    const ofVersion = object.includes('<VersionId>') ? 'Version' : ''
    const key = /<Key>(.*?)<\/Key>/s.exec(object)?.[1]
    return { action: `s3:DeleteObject${ofVersion}`, resource: `${bucket}/${key}` }
  })
}

/**
 * The keys that conditions can look at: of S3's own those that are documented for the action and that are in the request as
 * a header or in its query. The loopback interface has no TLS; S3 is reached with it, and so the newest is claimed.
 */
export async function contextOf({ action, resource, creates }: Question, { target, headers }: WireRequest) {
  const query = Object.fromEntries(new URL(target, 'http://s3').searchParams)
  const given = Object.entries({ ...query, ...headers }).map(([name, value]) => [
    `s3:${name.toLowerCase()}`,
    value,
  ])
  const documented = await allowedContextKeysForRequest('s3', action.slice(3), resource, false, undefined)
  return {
    ...Object.fromEntries(given.filter(([key = '']) => documented.includes(key))),
    ...(creates === undefined ? {} : { 's3:ObjectCreationOperation': String(creates) }),
    's3:TlsVersion': '1.3',
    'aws:SecureTransport': 'true',
  }
}
