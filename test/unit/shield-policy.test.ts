import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { missingProtections, openErasures, RECONFIGURING } from '../../core/model/shield-policy.ts'
import { shieldStatements } from '../../lib/bucket/shield.ts'

interface Statement {
  Sid: string
  Principal: unknown
  Action: string | string[]
  Resource: string | string[]
  Effect: string
  Condition?: Record<string, Record<string, unknown>>
}

const ROLE = 'arn:aws:iam::123456789012:role/some-role'
const ALL = [
  'deleting versions',
  'moving versions to a key that can be taken away',
  'deleting the bucket',
  'deleting objects',
  'replicating into it (s3:ReplicateObject, s3:ReplicateDelete, s3:ReplicateTags, s3:ObjectOwnerOverrideToBucketOwner)',
  'overwriting objects',
  'reconfiguring (s3:PutBucketPolicy, s3:DeleteBucketPolicy, s3:PutBucketVersioning, s3:PutLifecycleConfiguration, s3:PutReplicationConfiguration, s3:PutEncryptionConfiguration, s3:PutIntelligentTieringConfiguration, s3:PutBucketObjectLockConfiguration, s3:PutBucketPublicAccessBlock, s3:PutBucketOwnershipControls, s3:PutBucketAcl, s3:PutBucketNotification, s3:PutBucketLogging, s3:PutBucketRequestPayment)',
]

/** What `cdk deploy` gives the bucket. */
function shield(partition = 'aws'): Statement[] {
  const bucket = { bucketArn: `arn:${partition}:s3:::some-bucket` } as Bucket
  const exempt = { deployment: `${ROLE}-of-deployments`, sweeper: ROLE }
  return shieldStatements(bucket, exempt).map(statement => statement.toStatementJson())
}

function missing(statements: readonly object[]): string[] {
  return missingProtections(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'some-bucket')
}

/** The shield with one of its statements changed. */
function altered(sid: string, change: (statement: Statement) => object): object[] {
  const statements = shield()
  assert.ok(statements.some(({ Sid }) => Sid === sid))
  return statements.map(statement => (statement.Sid === sid ? change(statement) : statement))
}

describe('the judgement of a bucket’s policy', () => {
  it('finds nothing missing in the shield of the stack, in whatever partition (I3, I6)', () => {
    for (const partition of ['aws', 'aws-cn', 'aws-us-gov']) assert.deepEqual(missing(shield(partition)), [])
  })

  it('tells an erasure that is open, and misses nothing else because of it', () => {
    const bucket = { bucketArn: 'arn:aws:s3:::some-bucket' } as Bucket
    const erasure = { roles: [ROLE], keys: ['blobs/main/1', 'blobs/main/2'] }
    const open = shieldStatements(bucket, { deployment: ROLE, erasure }).map(each => each.toStatementJson())
    const policy = JSON.stringify({ Statement: open })
    assert.deepEqual(missingProtections(policy, 'some-bucket'), [])
    assert.equal(openErasures(policy), 2)
    assert.equal(openErasures(JSON.stringify({ Statement: shield() })), 0)
    const wide = policy.replaceAll('blobs/main/1', 'blobs/main/*')
    assert.ok(missingProtections(wide, 'some-bucket').includes('deleting versions'))
  })

  it('finds everything missing where nothing is denied', () => {
    assert.deepEqual(missing([]), ALL)
    assert.deepEqual(missing(shield().map(statement => ({ ...statement, Effect: 'Allow' }))), ALL)
  })

  it('takes one that denies everything to everyone for more than enough, also as a single statement', () => {
    const all = { Effect: 'Deny', Principal: { AWS: ['*'] }, Action: '*', Resource: ['*'] }
    const policy = JSON.stringify({ Statement: all })
    assert.deepEqual(missingProtections(policy, 'some-bucket'), [])
  })

  const alone: [sid: string, string[]][] = [
    ['KeepBucketAndVersions', ALL.slice(0, 3)],
    ['OnlySweeperMarks', ['deleting objects']],
    ['OnlyReplicationReplicates', ALL.slice(4, 5)],
    ['WriteOnce', ['overwriting objects']],
    ['OnlyDeploymentsReconfigure', ALL.slice(-1)],
  ]
  for (const [sid, expected] of alone) {
    it(`names what is missing without ${sid}`, () => {
      assert.deepEqual(missing(shield().filter(({ Sid }) => Sid !== sid)), expected)
    })

    for (const [what, change] of [
      ['is of one account only', { Principal: { AWS: '123456789012' } }],
      ['is of another bucket', { Resource: ['arn:aws:s3:::another', 'arn:aws:s3:::another/*'] }],
      ['is of a part of the bucket', { Resource: 'arn:aws:s3:::some-bucket/blobs/main/*' }],
      ['holds on one network only', { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }],
    ] as const)
      it(`names what is missing where ${sid} ${what}`, () => {
        assert.deepEqual(missing(altered(sid, statement => ({ ...statement, ...change }))), expected)
      })

    it(`is content where ${sid} has no condition at all`, () => {
      const bare = altered(sid, ({ Condition: _, ...statement }) => statement)
      assert.deepEqual(missing(bare), [])
    })
  }

  it('names the one setting that can be changed', () => {
    for (const action of RECONFIGURING) {
      const without = altered('OnlyDeploymentsReconfigure', statement => ({
        ...statement,
        Action: [statement.Action].flat().filter(each => each !== action),
      }))
      assert.deepEqual(missing(without), [`reconfiguring (${action})`])
    }
  })

  for (const [what, condition] of [
    [
      'a role by a pattern',
      { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/some-*' } },
    ],
    ['two roles', { ArnNotEquals: { 'aws:PrincipalArn': [ROLE, `${ROLE}-too`] } }],
    ['all but one role', { ArnEquals: { 'aws:PrincipalArn': ROLE } }],
    [
      'a role, or a network',
      { ArnNotEquals: { 'aws:PrincipalArn': ROLE }, NotIpAddress: { 'aws:SourceIp': '192.0.2.1' } },
    ],
  ] as const) {
    it(`does not let the shield spare ${what} (I6)`, () => {
      const sparing = altered('OnlySweeperMarks', statement => ({ ...statement, Condition: condition }))
      assert.deepEqual(missing(sparing), ['deleting objects'])
    })
  }

  for (const [what, condition] of [
    ['writes with the condition', { Null: { 's3:if-none-match': 'false' } }],
    ['parts alone', { Bool: { 's3:ObjectCreationOperation': 'true' } }],
    [
      'small files',
      { Null: { 's3:if-none-match': 'true' }, NumericGreaterThan: { 's3:content-length': '1' } },
    ],
  ] as const) {
    it(`does not take a denial that is about ${what} for writing once (I3)`, () => {
      const changed = altered('WriteOnce', statement => ({ ...statement, Condition: condition }))
      assert.deepEqual(missing(changed), ['overwriting objects'])
    })
  }

  it('reads conditions as AWS does: booleans, lists of one, keys in any case', () => {
    const written = altered('WriteOnce', statement => ({
      ...statement,
      Condition: { Null: { 'S3:If-None-Match': [true] }, Bool: { 's3:objectCreationOperation': true } },
    }))
    assert.deepEqual(missing(written), [])
  })
})
