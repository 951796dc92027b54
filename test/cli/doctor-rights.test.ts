import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { itemKey } from '../../core/aws/dynamo-item.ts'
import { EXIT } from '../../core/model/errors.ts'
import { NO_BLOB } from '../../core/model/right.ts'
import type { Installation } from './command.ts'
import {
  type Answers,
  type Canned,
  configure,
  examined,
  installOnS3,
  REFUSED,
  ROW_REFUSED,
  s3Error,
} from './doctor-setting.ts'

const ARN = 'arn:aws:sts::123456789012:assumed-role/some-host/i-0123'
const IDENTITY: Canned = {
  status: 200,
  body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${ARN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
}
/** Stricter than the shield of the stack: it spares no role and no upload. */
const POLICY: Canned = {
  status: 200,
  body: JSON.stringify({ Statement: { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' } }),
}
const NO_POLICY = s3Error(404, 'NoSuchBucketPolicy')
const NO_REPLICATION = s3Error(404, 'ReplicationConfigurationNotFoundError')

/** What AWS answers a host with the role of its database on a bucket of the stack. */
const A_HOST: Answers = {
  identity: IDENTITY,
  policy: POLICY,
  replication: NO_REPLICATION,
  mark: REFUSED,
  deleteVersion: REFUSED,
  overwrite: REFUSED,
  reach: REFUSED,
  removeRow: ROW_REFUSED,
}

const GOOD =
  'these credentials may list, read, create; may not delete blobs, delete versions, overwrite blobs, see other databases'

/** A row under the key on which rights are tried: it would be gone, or another one, without the condition. */
async function placeRow({ sandbox }: Installation): Promise<void> {
  const { indexEndpoint: endpoint, region, credentials } = sandbox
  const client = new DynamoDBClient({ endpoint, region, credentials })
  const { Items: [row] = [] } = await client.send(new ScanCommand({ TableName: 'some-table', Limit: 1 }))
  const Item = { ...row, ...itemKey('main', NO_BLOB) }
  await client.send(new PutItemCommand({ TableName: 'some-table', Item }))
  client.destroy()
}

/** All that the bucket has on its disk, uploads and delete markers included, and the rows of the index. */
async function contents({ base, sandbox }: Installation) {
  const directory = join(base, 'sandbox/s3')
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  const hashed = files.map(file => {
    const path = join(directory, file)
    return [file, statSync(path).isDirectory() || createHash('md5').update(readFileSync(path)).digest('hex')]
  })
  const { indexEndpoint: endpoint, region, credentials } = sandbox
  const client = new DynamoDBClient({ endpoint, region, credentials })
  const { Items } = await client.send(new ScanCommand({ TableName: 'some-table' }))
  client.destroy()
  return { files: hashed, rows: Items }
}

async function toldOf(installation: Installation, ...parts: string[]) {
  const { status, events } = await examined(installation)
  const found = events.filter(({ part }) => parts.includes(String(part)))
  return { status, found: found.map(({ level, told }) => `${level} ${told}`), events }
}

describe('doctor, on S3', () => {
  it('finds the credentials of a host well, and says whose they are', async test => {
    const installation = await installOnS3(test, A_HOST)
    const { status, events } = await examined(installation)
    const lines = events.map(({ part, level, told }) => `${level} ${part}: ${told}`)
    const outside = lines.filter(line => !/^ok (configuration|clock|cache|volume blobs): /.test(line))
    assert.deepEqual(outside, [
      `ok identity: ${ARN}`,
      'ok bucket: s3://some-bucket/blobs/main/ can be listed',
      'ok versioning: the bucket keeps what is overwritten or deleted',
      'ok shield: it denies what it should',
      'skipped replication: none is configured',
      `ok rights main: ${GOOD}`,
      'ok index: the table some-table answers; these credentials may write and not delete rows of main',
    ])
    assert.equal(status, 0)
  })

  it('changes nothing where everything is allowed and nothing is shielded, and tells all of it (I3, I6)', async test => {
    const installation = await installOnS3(test, {
      identity: IDENTITY,
      policy: NO_POLICY,
      replication: NO_REPLICATION,
    })
    const { status: archived } = await installation.run('archive', installation.volume)
    assert.equal(archived, 0)
    await placeRow(installation)
    const before = await contents(installation)
    assert.ok(before.files.length > 10 && (before.rows?.length ?? 0) > 3)
    const { status, found } = await toldOf(installation, 'shield', 'rights main', 'index')
    assert.deepEqual(found, [
      'warn the bucket has no policy: whoever has the rights can delete and overwrite',
      'ok these credentials may list, read, create',
      'fail BUCKET_UNSAFE: s3://some-bucket: these credentials may delete blobs, delete versions, overwrite blobs',
      'warn these credentials may see other databases: an administrator’s, more than a host needs',
      'warn the table some-table answers; these credentials may write and delete rows of main: an administrator’s, more than a host needs',
    ])
    assert.equal(status, EXIT.input)
    assert.deepEqual(await contents(installation), before)
  })

  it('changes nothing on another server, and does not try there what S3 alone refuses for sure', async test => {
    const installation = await installOnS3(test, {})
    configure(installation, 'bucket', { endpoint: installation.sandbox.bucketEndpoint })
    const before = await contents(installation)
    const { status, found } = await toldOf(installation, 'rights main')
    assert.deepEqual(found, [
      'ok these credentials may list, read, create',
      'skipped whether these credentials may delete blobs, delete versions, overwrite blobs, see other databases is not known: this is another server than S3, where the attempt could do harm',
    ])
    assert.equal(status, 0)
    assert.deepEqual(await contents(installation), before)
    for (const action of ['DeleteObject', 'PutObject'])
      assert.equal(installation.sandbox.s3.requestCount(action), 0)
  })

  const LIST_FIRST = s3Error(403, 'AccessDenied', 'User: x is not authorized to perform: s3:ListBucket on y')
  const MARKED: Canned = { status: 204, headers: { 'x-amz-delete-marker': 'true' }, body: '' }
  const UNSAFE = 'fail BUCKET_UNSAFE: s3://some-bucket: these credentials may'
  const findings: [what: string, Answers, status: number, findings: string[]][] = [
    [
      'an exempt role’s right to delete blobs',
      { mark: s3Error(412, 'PreconditionFailed') },
      EXIT.input,
      [`ok ${GOOD.replace('delete blobs, ', '')}`, `${UNSAFE} delete blobs`],
    ],
    [
      'a marker that a server placed in spite of the condition',
      { mark: MARKED },
      EXIT.input,
      [
        `ok ${GOOD.replace('delete blobs, ', '')}`,
        `${UNSAFE} delete blobs`,
        'warn an attempt left something behind: a delete marker on s3://some-bucket/blobs/main/0000000000000000/0000000000000000',
      ],
    ],
    [
      'a right to delete versions',
      { deleteVersion: { status: 204, body: '' } },
      EXIT.input,
      [`ok ${GOOD.replace('delete versions, ', '')}`, `${UNSAFE} delete versions`],
    ],
    [
      'a right to overwrite',
      { overwrite: s3Error(400, 'BadDigest') },
      EXIT.input,
      [`ok ${GOOD.replace('overwrite blobs, ', '')}`, `${UNSAFE} overwrite blobs`],
    ],
    [
      'a reader, which may not create',
      { create: REFUSED, findRows: ROW_REFUSED },
      0,
      [
        `ok ${GOOD.replace(', create; may not', '; may not create,')}: a reader’s`,
        'skipped these credentials only read main, which needs no index',
      ],
    ],
    [
      'an upload that may not be given up',
      { abort: REFUSED, create: { status: 200, body: '<X><UploadId>u1</UploadId></X>' } },
      0,
      [`ok ${GOOD}`, 'warn an attempt left something behind: the upload u1: access is denied (no)'],
    ],
    [
      'that a missing blob is kept secret',
      { read: { status: 403, body: '' } },
      0,
      [
        `ok ${GOOD.replace('read, ', '')}`,
        'skipped whether these credentials may read is not known: no blob is there to try it with',
      ],
    ],
    [
      'a refusal of another right than the one that was tried',
      { mark: LIST_FIRST },
      0,
      [
        `ok ${GOOD.replace('delete blobs, ', '')}`,
        'skipped whether these credentials may delete blobs is not known: s3:ListBucket was denied before it came to that',
      ],
    ],
    [
      'an answer that says nothing of rights',
      { deleteVersion: s3Error(501, 'NotImplemented') },
      EXIT.unavailable,
      [
        `ok ${GOOD.replace('delete versions, ', '')}`,
        'fail SERVER_FAILED: s3://some-bucket/blobs/main/0000000000000000/0000000000000000: the server failed (no)',
      ],
    ],
    [
      'rows that can only be read',
      { writeRow: ROW_REFUSED },
      0,
      [
        `ok ${GOOD}`,
        'ok the table some-table answers; these credentials may only read and not delete rows of main',
      ],
    ],
  ]
  for (const [what, answers, expected, told] of findings) {
    it(`tells ${what}`, async test => {
      const installation = await installOnS3(test, { ...A_HOST, ...answers })
      const { status, found } = await toldOf(installation, 'rights main', 'index')
      const index = 'ok the table some-table answers; these credentials may write and not delete rows of main'
      assert.deepEqual(
        found.filter(each => each !== index),
        told,
      )
      assert.equal(status, expected)
    })
  }

  it('looks at a blob where there is one, and so tells for sure that it may not be read', async test => {
    const answers: Answers = {}
    const installation = await installOnS3(test, answers)
    assert.equal((await installation.run('archive', installation.volume)).status, 0)
    Object.assign(answers, A_HOST, { read: { status: 403, body: '' } })
    const { status, found } = await toldOf(installation, 'rights main')
    assert.deepEqual(found, [
      `ok ${GOOD.replace('read, ', '')}`,
      'fail ACCESS_DENIED: s3://some-bucket: these credentials may not read',
    ])
    assert.equal(status, EXIT.unavailable)
  })

  it('gives every warning and failure its mend', async test => {
    const installation = await installOnS3(test, {
      identity: IDENTITY,
      policy: NO_POLICY,
      replication: NO_REPLICATION,
    })
    const { events } = await examined(installation)
    const levels = events.map(({ level, mend }) => `${level} ${typeof mend}`)
    assert.deepEqual([...new Set(levels)].sort(), [
      'fail string',
      'ok undefined',
      'skipped undefined',
      'warn string',
    ])
  })
})

describe('doctor, on how a bucket of S3 is set up', () => {
  const UNVERSIONED: Canned = { status: 200, body: '<VersioningConfiguration/>' }
  const RULE =
    '<Rule><Status>Enabled</Status><Filter><Prefix>blobs/</Prefix></Filter><Destination><Bucket>arn:aws:s3:::a-copy</Bucket></Destination></Rule>'
  const replicating = (rule: string): Canned => ({
    status: 200,
    body: `<ReplicationConfiguration>${rule}</ReplicationConfiguration>`,
  })
  const STACK = { stack: { replica: { bucket: 'a-copy', region: 'eu-west-1' } } }
  const BARE = 'the bucket has no policy: whoever has the rights can delete and overwrite'
  const WRONG = s3Error(403, 'InvalidClientTokenId')
  WRONG.body = `<ErrorResponse>${WRONG.body}</ErrorResponse>`
  const GONE = 'the bucket keeps no versions: what is overwritten or deleted is gone'
  const NOT_SEEN = 'skipped these credentials may not see it, and need not'
  const WITHOUT_COPY = 'warn no blobs are replicated to a-copy'

  const settings: [what: string, part: string, Answers, changes: object, status: number, told: string][] = [
    [
      'no versioning',
      'versioning',
      { versioning: UNVERSIONED },
      {},
      EXIT.input,
      `fail BUCKET_UNSAFE: s3://some-bucket: ${GONE}`,
    ],
    ['a versioning that is not to be seen', 'versioning', { versioning: REFUSED }, {}, 0, NOT_SEEN],
    ['no policy', 'shield', { policy: NO_POLICY }, {}, 0, `warn ${BARE}`],
    [
      'no policy on a bucket of the stack',
      'shield',
      { policy: NO_POLICY },
      { stack: {} },
      EXIT.input,
      `fail BUCKET_UNSAFE: s3://some-bucket: ${BARE}`,
    ],
    [
      'a policy with a hole',
      'shield',
      { policy: { status: 200, body: POLICY.body.replace('s3:*', 's3:Delete*') } },
      {},
      0,
      'warn the bucket’s policy does not keep everybody from moving versions to a key that can be taken away, replicating into it (s3:ReplicateObject, s3:ReplicateDelete, s3:ReplicateTags, s3:ObjectOwnerOverrideToBucketOwner), overwriting objects, reconfiguring (s3:PutBucketPolicy, s3:PutBucketVersioning, s3:PutLifecycleConfiguration, s3:PutReplicationConfiguration, s3:PutEncryptionConfiguration, s3:PutIntelligentTieringConfiguration, s3:PutBucketObjectLockConfiguration, s3:PutBucketPublicAccessBlock, s3:PutBucketOwnershipControls, s3:PutBucketAcl, s3:PutBucketNotification, s3:PutBucketLogging, s3:PutBucketRequestPayment)',
    ],
    ['a policy that is not to be seen', 'shield', { policy: REFUSED }, { stack: {} }, 0, NOT_SEEN],
    [
      'a replication that works',
      'replication',
      { replication: replicating(RULE) },
      STACK,
      0,
      'ok blobs are replicated to a-copy',
    ],
    ['a replication that is missing', 'replication', {}, STACK, 0, WITHOUT_COPY],
    [
      'a replication that is turned off',
      'replication',
      { replication: replicating(RULE.replace('Enabled', 'Disabled')) },
      STACK,
      0,
      WITHOUT_COPY,
    ],
    [
      'a replication of other objects',
      'replication',
      { replication: replicating(RULE.replace('blobs/', 'packs/')) },
      STACK,
      0,
      WITHOUT_COPY,
    ],
    [
      'a replication to another bucket',
      'replication',
      { replication: replicating(RULE.replace('a-copy', 'else')) },
      STACK,
      0,
      WITHOUT_COPY,
    ],
    ['a replication that is not to be seen', 'replication', { replication: REFUSED }, STACK, 0, NOT_SEEN],
    [
      'an STS that is away',
      'identity',
      { identity: s3Error(503, 'ServiceUnavailable') },
      {},
      0,
      'skipped STS: the server asks for patience (no); nothing else needs it',
    ],
    [
      'credentials that STS refuses',
      'identity',
      { identity: WRONG },
      {},
      EXIT.unavailable,
      'fail CREDENTIALS_WRONG: STS: the credentials are not accepted (no)',
    ],
  ]
  for (const [what, part, answers, changes, expected, told] of settings) {
    it(`tells ${what}`, async test => {
      const installation = await installOnS3(test, { ...A_HOST, ...answers }, changes)
      const { status, found, events } = await toldOf(installation, part)
      assert.deepEqual([found, status], [[told], expected])
      const others = events.filter(
        event => event.part !== part && !/^(ok|skipped)$/.test(String(event.level)),
      )
      assert.deepEqual(others, [])
    })
  }

  it('only warns of another server that keeps no versions', async test => {
    const answers: Answers = { versioning: UNVERSIONED }
    const installation = await installOnS3(test, answers)
    const endpoint = installation.environment.AWS_ENDPOINT_URL_S3
    configure(installation, 'bucket', { endpoint })
    assert.deepEqual((await toldOf(installation, 'versioning')).found, [`warn ${GONE}`])
  })
})
