import { FOREIGN_ACCOUNT, type StackBucket } from '../installation.ts'
import { ANOTHER_BUCKET, OLD_TLS, OVER_HTTP, type Request, type Section, type Source } from './request.ts'

const OBJECTS = {
  'the access log': 'access/2026-11-22-log',
  'the inventory': 'inventory/daily/manifest.json',
  'the edges’ log': 'edges/main/2026/11/22/log',
  'beside them': 'access-old/key',
  'beside the edges’ log': 'edges-old/key',
}

/** What can be asked of the bucket that a bucket's log and inventory go to. */
export function recordRequests(records: StackBucket, of: StackBucket): Section[] {
  const put = (name: string, source: Source, context = {}) =>
    Object.entries(OBJECTS).map(([on, key]) => ({
      name,
      on,
      action: 's3:PutObject',
      resource: `${records.arn}/${key}`,
      context: { 's3:ObjectCreationOperation': 'true', ...context },
      source,
    }))
  const others = (action: string) =>
    Object.entries(OBJECTS).map(([on, key]) => ({
      name: action,
      on,
      action: `s3:${action}`,
      resource: `${records.arn}/${key}`,
      context: {},
      source: ours,
    }))
  const ours = sourceOf(of.arn, of.account)
  const logged = sourceOf(`arn:aws:logs:us-east-1:${of.account}:delivery-source:any`, of.account)
  const elsewhere = sourceOf(`arn:aws:logs:eu-west-1:${of.account}:delivery-source:any`, of.account)
  const owned = { 's3:x-amz-acl': 'bucket-owner-full-control' }
  return [
    {
      title: 'write',
      requests: [
        ...put('write', ours),
        ...put('write, for another bucket', sourceOf(ANOTHER_BUCKET, of.account)),
        ...put('write, for another account', sourceOf(of.arn, FOREIGN_ACCOUNT)),
        ...put('deliver a log', logged, owned),
        ...put('deliver a log, for another region', elsewhere, owned),
        ...put(
          'deliver a log, for another account',
          { ...logged, 'aws:SourceAccount': FOREIGN_ACCOUNT },
          owned,
        ),
        ...put('deliver a log, for another owner', logged),
        ...put('write, over http', ours, OVER_HTTP),
        ...put('write, over TLS 1.1', ours, OLD_TLS),
      ],
    },
    { title: 'read', requests: [...others('GetObject'), onBucket('ListBucket')] },
    {
      title: 'other',
      requests: [
        ...others('DeleteObject'),
        onBucket('PutBucketPolicy'),
        onBucket('DeleteBucket'),
        { ...onBucket('ListBucket'), name: 'ListBucket, over http', context: OVER_HTTP },
        { ...onBucket('ListBucket'), name: 'ListBucket, over TLS 1.1', context: OLD_TLS },
      ],
    },
  ]

  function onBucket(name: string): Request {
    const action = `s3:${name}`
    return { name, on: '', action, resource: records.arn, context: {}, source: ours }
  }
}

function sourceOf(arn: string, account: string): Source {
  return { 'aws:SourceArn': arn, 'aws:SourceAccount': account }
}
