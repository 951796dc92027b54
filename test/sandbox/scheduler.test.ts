import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lateness } from '../../sandbox/functions/schedule.ts'
import { scratch } from '../flows/setting.ts'
import { MINUTE, START, sending, startProbe } from './probe-assembly.ts'

const HOUR = 60 * MINUTE
/** What a function may take to run, at most: real time goes on in it. */
const RUN = MINUTE

const runsOf = (invocations: readonly { event: unknown }[]) =>
  invocations.map(({ event }) => (event as { run: string }).run)

test('fires at once and then at its rate, and tells each run its time', async t => {
  const { advance, invocations, now } = startProbe(t)
  await advance(0)
  assert.deepEqual(runsOf(invocations), ['2030-02-28T22:30:00Z'])
  await advance(HOUR - RUN)
  assert.equal(invocations.length, 1)
  await advance(2 * HOUR)
  assert.deepEqual(runsOf(invocations), [
    '2030-02-28T22:30:00Z',
    '2030-02-28T23:30:00Z',
    '2030-03-01T00:30:00Z',
  ])
  for (const [number, { time, error }] of invocations.entries()) {
    assert.equal(error, undefined)
    assert.ok(time >= START + number * HOUR && time < START + number * HOUR + RUN)
  }
  assert.ok(now() >= START + 3 * HOUR - RUN)
})

test('fires anywhere in its window, the same in each run, and never before its time', async t => {
  const { advance, invocations, schedules } = startProbe(t, {
    schedule: { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 } },
  })
  const [schedule] = schedules
  assert.ok(schedule)
  const late = Array.from({ length: 100 }, (_, number) => lateness(schedule, number))
  assert.ok(late.every(each => each >= 0 && each < 15 * MINUTE))
  for (const third of [0, 1, 2]) assert.ok(late.some(each => Math.floor(each / (5 * MINUTE)) === third))

  await advance(3 * HOUR)
  assert.deepEqual(runsOf(invocations), [
    '2030-02-28T22:30:00Z',
    '2030-02-28T23:30:00Z',
    '2030-03-01T00:30:00Z',
  ])
  for (const [number, { time }] of invocations.entries()) {
    const expected = START + number * HOUR + (late[number] ?? 0)
    assert.ok(time >= expected && time < expected + RUN)
  }
})

test('goes on with two schedules in the order of their times', async t => {
  const Target = { Arn: { 'Fn::GetAtt': ['Probe', 'Arn'] }, Input: '{"run":"often"}' }
  const often = { ScheduleExpression: 'rate(20 minutes)', FlexibleTimeWindow: { Mode: 'OFF' }, Target }
  const { advance, invocations } = startProbe(t, {
    resources: { Often: { Type: 'AWS::Scheduler::Schedule', Properties: often } },
  })
  await advance(65 * MINUTE)
  const hourly = ['2030-02-28T22:30:00Z', '2030-02-28T23:30:00Z']
  assert.deepEqual(runsOf(invocations).slice(2, 4), ['often', 'often'])
  assert.deepEqual(
    runsOf(invocations).filter(run => run !== 'often'),
    hourly,
  )
  assert.equal(invocations.length, 6)
})

test('tries again after one minute and after two, and then puts the event into the queue', async t => {
  const { advance, invocations, deadLetters } = startProbe(t, sending({ fail: 'always' }))
  await advance(0)
  assert.equal(invocations.length, 1)
  await advance(4 * MINUTE)
  assert.equal(invocations.length, 3)
  assert.equal(new Set(invocations.map(({ requestId }) => requestId)).size, 1)
  const [first = 0, second = 0, third = 0] = invocations.map(({ time }) => time)
  assert.ok(second - first >= MINUTE && third - second >= 2 * MINUTE)
  assert.deepEqual(
    deadLetters.map(({ queue, event, error }) => [queue, event, error?.errorMessage]),
    [['Queue', { fail: 'always' }, 'always']],
  )
  await advance(30 * MINUTE)
  assert.equal(invocations.length, 3)
})

test('tries no more when an attempt has succeeded, and none again where none is deployed', async t => {
  const file = join(scratch(t), 'mended')
  const mended = startProbe(t, sending({ failUnless: file }))
  await mended.advance(0)
  writeFileSync(file, '')
  await mended.advance(10 * MINUTE)
  assert.deepEqual(
    mended.invocations.map(({ error }) => error?.errorMessage),
    ['not yet', undefined],
  )
  assert.deepEqual(mended.deadLetters, [])

  const config = { FunctionName: { Ref: 'Probe' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 }
  const never = startProbe(t, {
    ...sending({ fail: 'once' }),
    function: { DeadLetterConfig: undefined },
    resources: { Config: { Type: 'AWS::Lambda::EventInvokeConfig', Properties: config } },
  })
  await never.advance(10 * MINUTE)
  assert.deepEqual([never.invocations.length, never.deadLetters], [1, []])
})

test('delivers an event a second time, behind the first', async t => {
  const { advance, invocations } = startProbe(t, {}, { deliver: number => (number === 1 ? 'twice' : 'once') })
  await advance(HOUR)
  assert.deepEqual(runsOf(invocations), [
    '2030-02-28T22:30:00Z',
    '2030-02-28T23:30:00Z',
    '2030-02-28T23:30:00Z',
  ])
  const [first, second, third] = invocations.map(({ requestId }) => requestId)
  assert.ok(first !== second && second === third)
})

test('delivers an event a second time while the first is at work', async t => {
  const directory = join(scratch(t), 'meeting')
  mkdirSync(directory)
  const { advance, invocations } = startProbe(t, sending({ meet: directory }), { deliver: () => 'together' })
  await advance(0)
  assert.deepEqual(
    invocations.map(({ error }) => error),
    [undefined, undefined],
  )
  assert.ok(existsSync(join(directory, 'first')) && existsSync(join(directory, 'second')))
})

test('reads the metrics that a function tells', async t => {
  const told = (backlog: number) => ({
    print: JSON.stringify({
      _aws: {
        Timestamp: START,
        CloudWatchMetrics: [
          {
            Namespace: 'Probes',
            Dimensions: [['Site']],
            Metrics: [{ Name: 'Backlog', Unit: 'Bytes' }, { Name: 'Runs' }],
          },
        ],
      },
      ...{ Site: 'here', Backlog: backlog, Runs: 1 },
    }),
  })
  const { invoke, metric } = startProbe(t)
  assert.equal(metric('Backlog'), undefined)
  await invoke('eu-west-3-probe', told(5))
  await invoke('eu-west-3-probe', told(7))
  await invoke('eu-west-3-probe', { print: '{"Backlog":9}' })
  const of = { namespace: 'Probes', dimensions: { Site: 'here' }, time: START }
  assert.deepEqual(metric('Backlog'), { ...of, name: 'Backlog', unit: 'Bytes', value: 7 })
  assert.deepEqual(metric('Runs'), { ...of, name: 'Runs', unit: 'None', value: 1 })
})

test('refuses an attribute of schedules that it does not know', async t => {
  const { advance } = startProbe(t, sending({ run: '<aws.scheduler.mood>' }))
  await assert.rejects(advance(0), /probe-hourly: the sandbox has nothing for <aws\.scheduler\.mood>/)
})
