import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { newPublicKey } from '../unit/public-keys.ts'
import { only, PLACE } from './around-function.ts'
import { delivered, WEB_ACL } from './delivered.ts'
import { cloudFrontId, resolve } from './resolve.ts'
import { EXAMPLE, ofType, synthesize, type Template } from './synthesize.ts'

/** Days as amounts and the texts that say so. */
const days = (min: number, max: number) =>
  fc.integer({ min, max }).map(amount => ({ amount, text: `${amount}d` }))
const every = fc.oneof(
  fc.integer({ min: 1, max: 3000 }).map(amount => `${amount}m`),
  fc.integer({ min: 1, max: 40 }).map(amount => `${amount}d`),
)
/** What a database may say of its schedule. */
const schedule = fc.record(
  {
    bytesPerRun: fc.constantFrom('0B', '50GB'),
    blobsPerRun: fc.integer({ min: 1 }),
    hours: fc.constantFrom('22:00-06:00', '06:30-24:00'),
    timeZone: fc.constantFrom('UTC', 'Europe/Zurich'),
  },
  { requiredKeys: [] },
)
/** Of each database how many public keys it has, if it is delivered at all. */
const delivery = fc.record({
  keys: fc.array(fc.constantFrom(undefined, 0, 1, 2), { minLength: 4, maxLength: 4 }),
  logs: fc.boolean(),
  originShield: fc.constantFrom(undefined, 'eu-west-1'),
  webAcl: fc.constantFrom(undefined, WEB_ACL),
})
const databaseName = fc.stringMatching(/^[a-z][a-z0-9]{0,7}(-[a-z0-9]{1,7})?$/)

const settings = fc.record({
  grace: days(1, 60),
  undeleteWindow: days(1, 400),
  oldestDatabaseBackup: days(1, 400),
  noncurrentExpiry: fc.option(days(1, 600), { nil: undefined }),
  replica: fc.option(
    fc.record({
      noncurrentExpiry: fc.option(days(1, 700), { nil: undefined }),
      account: fc.option(fc.constant('444455556666'), { nil: undefined }),
      objectLock: fc.option(
        fc.record({ mode: fc.constantFrom('governance', 'compliance'), retention: days(1, 90) }),
        {
          nil: undefined,
        },
      ),
    }),
    { nil: undefined },
  ),
  databases: fc.uniqueArray(databaseName, { minLength: 1, maxLength: 4 }),
  largestShare: fc.constantFrom(0.01, 0.1, 1),
  sweptPerRun: fc.integer({ min: 1 }),
  schedule: fc.option(schedule, { nil: undefined }),
  every,
  region: fc.constantFrom('eu-central-1', 'us-east-1'),
  delivery: fc.option(delivery, { nil: undefined }),
  instance: fc.constantFrom('ec2.amazonaws.com', '123456789012', 'arn:aws:iam::123456789012:role/hosts'),
})
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never

function rawOf(settings: Settings): object {
  const {
    databases,
    schedule,
    every,
    delivery,
    region,
    instance,
    replica,
    largestShare,
    sweptPerRun,
    ...garbage
  } = settings
  const texts = (values: Record<string, { text: string } | undefined>) =>
    Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value.text]] : [])))
  return {
    bucket: { name: 'any-bucket', region },
    index: { table: 'any-index' },
    databases: Object.fromEntries(databases.map(name => [name, schedule ? { schedule } : {}])),
    stack: {
      account: '111122223333',
      garbage: { ...texts(garbage), largestShare, sweptPerRun },
      schedule: { every },
      trust: { instance: [instance] },
      ...(delivery && { delivery: deliveryOf(databases, delivery) }),
      ...(replica && {
        replica: {
          ...{ bucket: 'any-copy', region: 'eu-west-1' },
          ...(replica.account && { account: replica.account }),
          ...texts({ noncurrentExpiry: replica.noncurrentExpiry }),
          ...(replica.objectLock && {
            objectLock: { mode: replica.objectLock.mode, retention: replica.objectLock.retention.text },
          }),
        },
      }),
    },
  }
}

function deliveryOf(names: string[], { keys, ...more }: NonNullable<Settings['delivery']>): object {
  const databases = Object.fromEntries(
    names.flatMap((name, index) => {
      const count = keys[index]
      return count === undefined
        ? []
        : [[name, { publicKeys: Array.from({ length: count }, () => newPublicKey()) }]]
    }),
  )
  return { databases, ...more }
}

/** Names of the databases that have an edge. */
function edgesOf({ databases, delivery }: Settings): string[] {
  return databases.filter((_, index) => (delivery?.keys[index] ?? 0) > 0)
}

/** What is wrong between the settings, said once more and in other words than the code does. */
function expectedFaults({
  grace,
  undeleteWindow,
  oldestDatabaseBackup,
  noncurrentExpiry,
  replica,
}: Settings): string[] {
  const least = grace.amount + undeleteWindow.amount + 7
  const kept = noncurrentExpiry?.amount ?? least
  return [
    ...(undeleteWindow.amount < oldestDatabaseBackup.amount ? ['stack.garbage.undeleteWindow'] : []),
    ...(kept < least ? ['stack.garbage.noncurrentExpiry'] : []),
    ...(replica?.noncurrentExpiry && replica.noncurrentExpiry.amount <= kept
      ? ['stack.replica.noncurrentExpiry']
      : []),
  ]
}

function faultsOf(raw: object, paths = /stack\.[\w.]+(?=:)/g): string[] {
  try {
    parseConfig(JSON.stringify(raw), {}, 'any')
    return []
  } catch (error) {
    const { message } = error as NiceBlobsError
    return [...message.matchAll(paths)].map(([path]) => path)
  }
}

const sound = settings.filter(setting => expectedFaults(setting).length === 0)

interface Statement {
  Sid?: string
  Effect: string
  Action: string | string[]
  Resource: unknown
}

function rightsIn(template: Template): Statement[] {
  const managed = ofType(template, 'AWS::IAM::ManagedPolicy').map(
    ([, { Properties }]) => Properties.PolicyDocument,
  )
  const inline = ofType(template, 'AWS::IAM::Role').flatMap(([, { Properties }]) =>
    (Properties.Policies ?? []).map(({ PolicyDocument }: { PolicyDocument: object }) => PolicyDocument),
  )
  return [...managed, ...inline].flatMap(({ Statement }) => Statement)
}

describe('any configuration', () => {
  it('is refused exactly when a window is shorter than what has to fit into it, and says which (I5)', () => {
    fc.assert(
      fc.property(settings, setting => {
        assert.deepEqual(faultsOf(rawOf(setting)).sort(), expectedFaults(setting).sort())
      }),
      { numRuns: 300 },
    )
  })

  it('that is sound makes stacks that keep their data, name each action and give no right to delete but the sweeper’s (I5, I6, I9)', () => {
    fc.assert(
      fc.property(sound, setting => {
        const { 'nice-blobs-edge-logs': logs, ...keeping } = synthesize(rawOf(setting))
        const isLogged = setting.delivery?.logs === true && edgesOf(setting).length > 0
        assert.equal(logs !== undefined, isLogged && setting.region !== 'us-east-1')
        const templates = Object.values(keeping)
        for (const template of templates) {
          const versioned = ofType(template, 'AWS::S3::Bucket').filter(
            ([, { Properties }]) => Properties.VersioningConfiguration,
          )
          assert.equal(versioned.length, 1)
          const [{ NoncurrentVersionExpiration }] =
            versioned[0]?.[1].Properties.LifecycleConfiguration.Rules ?? []
          const { grace, oldestDatabaseBackup } = setting
          assert.ok(
            NoncurrentVersionExpiration.NoncurrentDays >= grace.amount + oldestDatabaseBackup.amount + 7,
          )
          for (const { Action, Resource, Sid } of rightsIn(template)) {
            const actions = [Action].flat()
            assert.deepEqual(
              actions.filter(action => action.includes('*')),
              [],
            )
            assert.doesNotMatch(JSON.stringify(Resource), /"\*"|:::\*/)
            // A message that was worked off is no data.
            const deleting = actions.filter(
              action =>
                action !== 'sqs:DeleteMessage' && /Delete(?!$)|Bypass|^s3:Put(?!Object$)/.test(action),
            )
            if (Sid === 'PlaceMarkers' || Sid === 'Markers') assert.deepEqual(deleting, ['s3:DeleteObject'])
            else
              assert.deepEqual(
                deleting.filter(action => action !== 's3:ReplicateDelete'),
                [],
              )
          }
        }
        assert.equal(templates.length, setting.replica ? 2 : 1)
      }),
      { numRuns: 25 },
    )
  })

  it('gives each database’s hosts its own prefix and its own rows, whatever the databases are called, and no say in what is garbage (I4, I9)', () => {
    fc.assert(
      fc.property(sound, setting => {
        const template = synthesize(rawOf(setting))['nice-blobs']
        assert.ok(template)
        for (const [, { Properties }] of ofType(template, 'AWS::IAM::ManagedPolicy')) {
          const [, database] = / of the database (\S+)$/.exec(Properties.Description) ?? []
          if (database === undefined) continue
          const text = JSON.stringify(Properties.PolicyDocument)
          assert.doesNotMatch(text, /verdicts\/|report#|"sweep"|sqs:/)
          const named = [...text.matchAll(/(?:blobs|packs)\/([^/"]+)\/|(?:blob|volume)#([^#"]+)/g)].map(
            ([, a, b]) => a ?? b,
          )
          if (!text.includes('GetSecretValue')) assert.ok(named.length > 0)
          assert.deepEqual(
            [...new Set(named)].filter(name => name !== database),
            [],
          )
        }
      }),
      { numRuns: 15 },
    )
  })

  it('gives each database’s distribution its own prefix, and no other anything, whatever the databases are called (I9)', () => {
    fc.assert(
      fc.property(sound, setting => {
        const template = resolve(synthesize(rawOf(setting))['nice-blobs'] ?? { Resources: {} }, PLACE)
        const distributions = ofType(template, 'AWS::CloudFront::Distribution').map(
          ([id, { Properties }]) => [
            Properties.DistributionConfig.Comment.split(' ').at(-1),
            `arn:aws:cloudfront::${PLACE.account}:distribution/${cloudFrontId(id)}`,
          ],
        )
        assert.deepEqual(
          distributions.map(([database]) => database),
          edgesOf(setting),
        )
        const { Properties } = only(
          template,
          'AWS::S3::BucketPolicy',
          (_, { Bucket }) => Bucket === 'any-bucket',
        )
        const allowed = Properties.PolicyDocument.Statement.filter(
          ({ Effect }: Statement) => Effect === 'Allow',
        ) as (Statement & { Condition: object })[]
        assert.deepEqual(
          allowed.map(({ Action, Resource, Condition }) => [Action, Resource, Condition]),
          distributions.map(([database, arn]) => [
            's3:GetObject',
            `arn:aws:s3:::any-bucket/blobs/${database}/*`,
            { StringEquals: { 'aws:SourceArn': arn } },
          ]),
        )
      }),
      { numRuns: 15 },
    )
  })

  it('that is accepted has room in a stack, however many its databases, and in the bucket’s policy, however long their names', () => {
    const MOST_RESOURCES = 500
    const MOST_BYTES = 20_480
    const name = (count: number) => `d${count}`.padEnd(63, 'x')
    const deploy = (count: number, edges: number, erased: number) => {
      const of = <T>(length: number, make: (n: number) => T) => Array.from({ length }, (_, n) => make(n))
      const blobs = of(erased, n => `${name(0)}/${String(n).padStart(16, '0')}/${'1'.repeat(16)}`)
      const roles = [`arn:aws:iam::111122223333:role/${'e'.repeat(64)}`]
      const delivery = { databases: Object.fromEntries(of(edges, n => [name(n), delivered()])) }
      return {
        ...EXAMPLE,
        bucket: { name: 'b'.repeat(63), region: 'us-east-1' },
        databases: Object.fromEntries(of(count, n => [name(n), {}])),
        stack: {
          ...EXAMPLE.stack,
          ...(edges > 0 && { delivery }),
          ...(erased > 0 && { erasure: { roles, blobs } }),
        },
      }
    }
    for (const [databases, edges, erased] of [
      [40, 0, 40],
      [20, 20, 20],
    ] as const) {
      const raw = deploy(databases, edges, erased)
      assert.deepEqual(faultsOf(raw), [])
      assert.notDeepEqual(faultsOf(deploy(databases + 1, edges, erased), /databases(?=:)/g), [])
      assert.notDeepEqual(faultsOf(deploy(databases, edges, erased + 1)), [])
      const template = resolve(synthesize(raw)['nice-blobs'] ?? { Resources: {} }, PLACE)
      assert.ok(Object.keys(template.Resources).length <= MOST_RESOURCES)
      const { Properties } = only(template, 'AWS::S3::BucketPolicy', (_, { Bucket }) =>
        Bucket.startsWith('bb'),
      )
      assert.ok(JSON.stringify(Properties.PolicyDocument).length <= MOST_BYTES)
    }
  })

  it('that is sound has its volumes watched within what CloudWatch looks back, and started as often as it says', () => {
    fc.assert(
      fc.property(sound, setting => {
        const template = synthesize(rawOf(setting))['nice-blobs']
        for (const [id, { Properties }] of ofType(template, 'AWS::CloudWatch::Alarm')) {
          const longest = Properties.Period < 3600 ? 86_400 : 604_800
          assert.equal(Properties.Period % 60, 0, id)
          assert.ok(Properties.Period * Properties.EvaluationPeriods <= longest, id)
        }
        const schedules = ofType(template, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties)
        const schedule = schedules.find(({ Name }) => Name === 'nice-blobs-schedule-archive')
        const [, amount, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(
          schedule?.ScheduleExpression,
        ) ?? ['', '']
        const minutes = { minute: 1, hour: 60, day: 1440 }[unit] ?? 0
        const [, told, letter] = /^(\d+)([md])$/.exec(setting.every) ?? []
        assert.equal(Number(amount) * minutes, Number(told) * (letter === 'm' ? 1 : 1440))
      }),
      { numRuns: 15 },
    )
  })
})
