import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { type App, Stack } from 'aws-cdk-lib'
import { ALARM_NAMES } from '../../core/model/alarm-names.ts'
import { resolve } from './resolve.ts'
import { EXAMPLE, ofType, synthesize } from './synthesize.ts'

const templates = synthesize()
const blobs = templates['nice-blobs']
const replica = templates['nice-blobs-replica']

/** The bucket of blobs and not the one of records. */
function bucketOf(template: typeof blobs, name: string) {
  const [found] = ofType(template, 'AWS::S3::Bucket').filter(
    ([, { Properties }]) => Properties.BucketName === name,
  )
  assert.ok(found, `no bucket ${name}`)
  return { id: found[0], resource: found[1] }
}

function policyOf(template: typeof blobs, name: string) {
  const [found] = ofType(template, 'AWS::S3::BucketPolicy').filter(
    ([, { Properties }]) => Properties.Bucket === name,
  )
  assert.ok(found, `no policy of ${name}`)
  return { id: found[0], resource: found[1] }
}

const SHIELD = [
  'KeepBucketAndVersions',
  'OnlySweeperMarks',
  'OnlyReplicationReplicates',
  'WriteOnce',
  'NoKeysOfCustomers',
  'NoKeysOfAccounts',
  'NoLocksOfObjects',
  'OnlyDeploymentsReconfigure',
]

describe('the stack', () => {
  it('keeps the logical names of what holds data, since another name would be another bucket or table', () => {
    const kept = Object.values(templates).flatMap(template =>
      Object.entries(template.Resources)
        .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
        .map(([id, { Type }]) => `${Type} ${id}`),
    )
    assert.deepEqual(kept.sort(), [
      'AWS::DynamoDB::GlobalTable Index4A79713B',
      'AWS::S3::Bucket BlobsF0F01DC6',
      'AWS::S3::Bucket Records091F6ECA',
      'AWS::S3::Bucket Records091F6ECA',
      'AWS::S3::Bucket ReplicaDDFB2A87',
      'AWS::S3::BucketPolicy BlobsPolicyE22AAE8F',
      'AWS::S3::BucketPolicy ReplicaPolicy5DA963D8',
    ])
  })

  for (const [template, name] of [
    [blobs, 'example-blobs'],
    [replica, 'example-blobs-replica'],
  ] as const)
    it(`keeps ${name} and its shield when the stack is deleted or replaces them (I6)`, () => {
      const bucket = bucketOf(template, name)
      const policy = policyOf(template, name)
      for (const { DeletionPolicy, UpdateReplacePolicy } of [bucket.resource, policy.resource])
        assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain'])
      const { Properties } = bucket.resource
      assert.equal(Properties.VersioningConfiguration.Status, 'Enabled')
      assert.deepEqual(Properties.PublicAccessBlockConfiguration, {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      })
      assert.equal(Properties.OwnershipControls.Rules[0].ObjectOwnership, 'BucketOwnerEnforced')
      const [encryption] = Properties.BucketEncryption.ServerSideEncryptionConfiguration
      assert.equal(encryption.ServerSideEncryptionByDefault.SSEAlgorithm, 'AES256')
      const statements = policy.resource.Properties.PolicyDocument.Statement as Record<string, unknown>[]
      const sids = statements.map(({ Sid }) => Sid).filter(sid => sid !== undefined)
      assert.deepEqual(sids, SHIELD)
      for (const statement of statements.filter(({ Sid }) => Sid !== undefined))
        assert.deepEqual([statement.Effect, statement.Principal], ['Deny', { AWS: '*' }])
    })

  it('is protected from being terminated, both stacks (I6)', () => {
    const apps: App[] = []
    synthesize(EXAMPLE, app => apps.push(app))
    const stacks = apps.flatMap(app => app.node.children).filter(child => child instanceof Stack)
    assert.deepEqual(
      stacks.map(({ stackName, terminationProtection }) => [stackName, terminationProtection]),
      [
        ['nice-blobs', true],
        ['nice-blobs-replica', true],
      ],
    )
  })

  it('exempts the exact role of the deployment, in each region that region’s, and nobody with a similar name (I6)', () => {
    for (const [template, name, region] of [
      [blobs, 'example-blobs', 'eu-central-1'],
      [replica, 'example-blobs-replica', 'eu-west-1'],
    ] as const) {
      const { Statement } = policyOf(template, name).resource.Properties.PolicyDocument
      const guard = Statement.find(({ Sid }: { Sid?: string }) => Sid === 'OnlyDeploymentsReconfigure')
      assert.deepEqual(guard.Condition, {
        ArnNotEquals: {
          'aws:PrincipalArn': {
            'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/cdk-hnb659fds-cfn-exec-role-\${AWS::AccountId}-${region}`,
          },
        },
      })
    }
  })

  it('replicates blobs with their delete markers, and is told how it goes', () => {
    const { ReplicationConfiguration } = bucketOf(blobs, 'example-blobs').resource.Properties
    const [rule, ...others] = ReplicationConfiguration.Rules
    assert.deepEqual(others, [])
    assert.deepEqual(
      [rule.Status, rule.Filter.Prefix, rule.DeleteMarkerReplication.Status, rule.Destination.Metrics.Status],
      ['Enabled', 'blobs/', 'Enabled', 'Enabled'],
    )
  })

  it('keeps an index that starts small, stops at a ceiling and can go back in time (I10)', () => {
    const [[, table] = []] = ofType(blobs, 'AWS::DynamoDB::GlobalTable')
    const [place] = table?.Properties.Replicas ?? []
    assert.equal(table?.Properties.BillingMode, 'PAY_PER_REQUEST')
    assert.equal(place.DeletionProtectionEnabled, true)
    assert.equal(place.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true)
    assert.equal(place.ReadOnDemandThroughputSettings.MaxReadRequestUnits, 4000)
    assert.equal(table?.Properties.WriteOnDemandThroughputSettings.MaxWriteRequestUnits, 4000)
  })

  it('makes three functions, which no deployment runs, and no custom resource or key of its own', () => {
    const types = Object.values(templates).flatMap(({ Resources }) =>
      Object.values(Resources).map(({ Type }) => Type),
    )
    assert.deepEqual(
      types.filter(type => /Lambda|Custom|KMS/.test(type)),
      [...Array(3).fill('AWS::Lambda::Function'), 'AWS::Lambda::EventSourceMapping'],
    )
  })

  it('has the replica in a second account, under a lock, where asked for', () => {
    const { stack } = EXAMPLE
    const objectLock = { mode: 'compliance', retention: '30d' }
    const second = { ...stack.replica, account: '444455556666', objectLock }
    const raw = { ...EXAMPLE, stack: { ...stack, account: '111122223333', replica: second } }
    const there = synthesize(raw)['nice-blobs-replica']
    const bucket = bucketOf(there, 'example-blobs-replica')
    assert.deepEqual(bucket.resource.Properties.ObjectLockConfiguration.Rule.DefaultRetention, {
      Mode: 'COMPLIANCE',
      Days: 30,
    })
    const { Statement } = policyOf(there, 'example-blobs-replica').resource.Properties.PolicyDocument
    const admitted = Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')
    assert.deepEqual(
      admitted.map(({ Action }: { Action: unknown }) => Action),
      [
        ['s3:ReplicateDelete', 's3:ReplicateObject', 's3:ReplicateTags'],
        's3:GetBucketVersioning',
        's3:GetObject',
        's3:ListBucket',
      ],
    )
    for (const { Principal } of admitted) assert.match(JSON.stringify(Principal), /111122223333/)
  })

  it('opens the shield for a lawful erasure by exactly the named roles, of exactly the named blobs, in both buckets (I6)', () => {
    const role = 'arn:aws:iam::111122223333:role/eraser'
    const key = 'main/00000000000004d2/03d167f919308700'
    const raw = { ...EXAMPLE, stack: { ...EXAMPLE.stack, erasure: { roles: [role], blobs: [key] } } }
    const opened = synthesize(raw)
    for (const [stackName, name] of [
      ['nice-blobs', 'example-blobs'],
      ['nice-blobs-replica', 'example-blobs-replica'],
    ] as const) {
      const template = resolve(opened[stackName] ?? { Resources: {} }, {
        account: '111122223333',
        region: 'eu-central-1',
      })
      const [policy] = ofType(template, 'AWS::S3::BucketPolicy').filter(
        ([, { Properties }]) => Properties.Bucket === name,
      )
      const [keep, erase] = policy?.[1].Properties.PolicyDocument.Statement.slice(2) ?? []
      assert.deepEqual(
        [keep.Effect, keep.Sid, keep.NotResource, keep.Condition],
        ['Deny', 'KeepBucketAndVersions', `arn:aws:s3:::${name}/blobs/${key}`, undefined],
      )
      assert.deepEqual(
        [erase.Effect, erase.Sid, erase.Resource, erase.Condition],
        ['Deny', 'OnlyErasersErase', keep.NotResource, { ArnNotEquals: { 'aws:PrincipalArn': [role] } }],
      )
    }
  })
})

describe('a reader', () => {
  it('has the rights that examples/developer-copy writes out, and no other', () => {
    const { replica: _, ...stack } = EXAMPLE.stack
    const [template] = Object.values(synthesize({ ...EXAMPLE, stack }))
    assert.ok(template)
    const resolved = resolve(template, { account: '111122223333', region: 'eu-central-1' })
    const [policy] = ofType(resolved, 'AWS::IAM::ManagedPolicy').filter(([id]) =>
      id.startsWith('Databasemainreaderpolicy'),
    )
    const file = new URL('../../examples/developer-copy/reader-policy.json', import.meta.url)
    assert.deepEqual(policy?.[1].Properties.PolicyDocument, JSON.parse(readFileSync(file, 'utf8')))
  })
})

describe('alarms', () => {
  // One rule more feeds the condemner.
  const rules = Object.values(templates).flatMap(template =>
    ofType(template, 'AWS::Events::Rule').filter(([id]) => !id.startsWith('Condemn')),
  )
  const metrics = Object.values(templates).flatMap(template => ofType(template, 'AWS::CloudWatch::Alarm'))
  const nameIn = (text: string) => /nice-blobs (\w+): see docs\/operations\.md, "\1"/.exec(text)?.[1]

  it('are raised for every name, name their section of docs/operations.md, and reach somebody', () => {
    const raised = [
      ...rules.map(([, { Properties }]) => nameIn(Properties.Description)),
      ...metrics.map(([, { Properties }]) => nameIn(Properties.AlarmDescription)),
    ]
    assert.deepEqual([...new Set(raised)].sort(), [...ALARM_NAMES].sort())
    const cost = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8')
    assert.match(cost, RegExp(`^\\| \`alarm\` \\| .* ${metrics.length} with a replica \\|`, 'm'))
    for (const [, { Properties }] of metrics) assert.equal(Properties.AlarmActions.length, 1)
    for (const [, { Properties }] of rules) assert.equal(Properties.Targets.length, 1)
    for (const template of Object.values(templates))
      assert.equal(ofType(template, 'AWS::SNS::Subscription').length, EXAMPLE.stack.alarms.emails.length)
  })

  it('each have a section that says what it means, how to look and how to mend', () => {
    const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
    const sections = new Map(operations.split(/^## /m).map(section => [section.split(/[:\n]/)[0], section]))
    for (const name of ALARM_NAMES)
      for (const part of ['*Meaning.*', '*Look.*', '*Mend.*'])
        assert.ok(sections.get(name)?.includes(part), `${name}: ${part}`)
  })
})

describe('what lies under a delete marker', () => {
  const daysOf = (template: typeof blobs, name: string) =>
    bucketOf(template, name).resource.Properties.LifecycleConfiguration.Rules[0].NoncurrentVersionExpiration
      .NoncurrentDays

  it('is kept for grace, undelete window and a margin, and for longer in the replica (I5)', () => {
    assert.equal(daysOf(blobs, 'example-blobs'), 14 + 90 + 7)
    assert.equal(daysOf(replica, 'example-blobs-replica'), 14 + 90 + 7 + 30)
  })

  it('leaves by that one rule; no other deletes a blob', () => {
    const { Rules } = bucketOf(blobs, 'example-blobs').resource.Properties.LifecycleConfiguration
    const expiring = Rules.filter((rule: object) => 'ExpirationInDays' in rule || 'ExpirationDate' in rule)
    assert.deepEqual(
      expiring.map(({ Prefix }: { Prefix: string }) => Prefix),
      ['packs/', 'verdicts/'],
    )
  })
})
