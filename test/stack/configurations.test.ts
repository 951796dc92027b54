import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
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
  delivery: fc.boolean(),
  instance: fc.constantFrom('ec2.amazonaws.com', '123456789012', 'arn:aws:iam::123456789012:role/hosts'),
})
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never

function rawOf(settings: Settings): object {
  const { databases, schedule, every, delivery, instance, replica, largestShare, sweptPerRun, ...garbage } =
    settings
  const texts = (values: Record<string, { text: string } | undefined>) =>
    Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value.text]] : [])))
  return {
    bucket: { name: 'any-bucket', region: 'eu-central-1' },
    index: { table: 'any-index' },
    databases: Object.fromEntries(databases.map(name => [name, schedule ? { schedule } : {}])),
    stack: {
      account: '111122223333',
      garbage: { ...texts(garbage), largestShare, sweptPerRun },
      schedule: { every },
      trust: { instance: [instance] },
      ...(delivery && { delivery: {} }),
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
        const templates = Object.values(synthesize(rawOf(setting)))
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

  it('that is accepted has room in a stack, however many its databases', () => {
    const accepted = (count: number, more: object) => {
      const databases = Object.fromEntries(Array.from({ length: count }, (_, n) => [`d${n}`, {}]))
      const raw = { ...EXAMPLE, databases, stack: { ...EXAMPLE.stack, ...more } }
      return faultsOf(raw, /databases(?=:)/g).length === 0 ? raw : undefined
    }
    for (const [count, more] of [
      [40, {}],
      [30, { delivery: {} }],
    ] as const) {
      const raw = accepted(count, more)
      assert.ok(raw && !accepted(count + 1, more))
      assert.ok(Object.keys(synthesize(raw)['nice-blobs']?.Resources ?? {}).length <= 475)
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
