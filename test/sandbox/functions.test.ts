import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Changes, START, startProbe } from './probe-assembly.ts'

// biome-ignore lint/suspicious/noExplicitAny: the probe answers whatever a test looks at
const answerOf = ({ result }: { result?: unknown }): any => result

test('finds a function with its code and its environment, all names worked out', t => {
  const { functions, schedules, directory } = startProbe(t)
  assert.deepEqual(functions, [
    {
      ...{ id: 'Probe', name: 'eu-west-3-probe', handler: 'index.handler', deadLetters: 'Queue' },
      directory: join(directory, 'asset.cafe'),
      environment: { TABLE: 'probe-index', PLACE: 'in-eu-west-3' },
      ...{ timeout: 30_000, memory: 256, attempts: 3 },
    },
  ])
  assert.deepEqual(
    schedules.map(({ name, every, window, target }) => [name, every, window, target.id]),
    [['probe-hourly', 3_600_000, 0, 'Probe']],
  )
})

test('runs a function with what it was deployed with, and nothing of this process', async t => {
  process.env.SOMETHING_OF_THE_TEST = 'secret'
  t.after(() => delete process.env.SOMETHING_OF_THE_TEST)
  const { invoke, directory } = startProbe(t, {
    function: {
      Environment: { Variables: { TABLE: { Ref: 'Table' }, NODE_OPTIONS: '--enable-source-maps' } },
    },
  })
  const invocation = await invoke('eu-west-3-probe', { some: ['thing'] })
  const answer = answerOf(invocation)
  const { environment } = answer
  assert.deepEqual(answer.event, { some: ['thing'] })
  assert.equal(answer.directory, join(directory, 'asset.cafe'))
  assert.equal(answer.requestId, invocation.requestId)
  assert.equal(answer.functionName, 'eu-west-3-probe')
  assert.ok(answer.remaining > 0 && answer.remaining <= 30_000)
  assert.equal(environment.TABLE, 'probe-index')
  assert.equal(environment.AWS_REGION, 'eu-west-3')
  assert.equal(environment.AWS_ENDPOINT_URL_DYNAMODB, 'http://127.0.0.1:1')
  assert.match(environment.NODE_OPTIONS, /^--enable-source-maps --import=/)
  assert.equal(environment.SOMETHING_OF_THE_TEST, undefined)
  assert.equal(environment.HOME, undefined)
})

test('tells the simulated time to a function', async t => {
  const { invoke, advance, now } = startProbe(t, { schedule: { State: 'DISABLED' } })
  await advance(400 * 86_400_000)
  const before = now()
  const { result, time } = await invoke('eu-west-3-probe', {})
  assert.ok(before >= START + 400 * 86_400_000)
  assert.ok(time >= before && Date.parse(answerOf({ result }).now) >= time - 10)
  assert.ok(Date.parse(answerOf({ result }).now) <= now())
})

test('collects what a function prints, and what it fails with', async t => {
  const { invoke } = startProbe(t)
  const printed = await invoke('eu-west-3-probe', { print: 'a\n\nb', complain: 'c' })
  assert.deepEqual(printed.lines, ['a', 'b', 'c'])
  const { error, lines } = await invoke('eu-west-3-probe', { print: 'before', fail: 'on purpose' })
  assert.deepEqual([error?.errorType, error?.errorMessage, lines], ['TypeError', 'on purpose', ['before']])
  assert.match(error?.trace ?? '', /index\.js:\d+/)
  const exited = await invoke('eu-west-3-probe', { exit: 7 })
  assert.deepEqual(exited.error, {
    errorType: 'Runtime.ExitError',
    errorMessage: 'Runtime exited with status 7',
  })
  await assert.rejects(invoke('another', {}), /there is no function another/)
})

test('ends a function when its time is over, whether it waits or works', async t => {
  const { invoke } = startProbe(t, { function: { Timeout: 1 } })
  for (const event of [{ hang: true }, { spin: true }]) {
    const { error, lines } = await invoke('eu-west-3-probe', { ...event, print: 'begun' })
    assert.equal(error?.errorMessage, 'Task timed out after 1.00 seconds')
    assert.deepEqual(lines, ['begun'])
  }
})

test('fails where the handler that is deployed is not in the code', async t => {
  for (const Handler of ['index.other', 'missing.handler']) {
    const { invoke } = startProbe(t, { function: { Handler } })
    const { error } = await invoke('eu-west-3-probe', {})
    assert.match(error?.errorMessage ?? '', /index\.other is undefined|Cannot find module '\.\/missing'/)
  }
})

test('refuses a template that it does not understand', t => {
  const refused: [Changes, RegExp][] = [
    [{ function: { Runtime: 'python3.13' } }, /Probe: the sandbox runs Node\.js, not python3\.13/],
    [{ function: { Runtime: undefined, Code: { ImageUri: 'x' } } }, /not an image/],
    [{ function: { Code: { ZipFile: 'exports' } } }, /code that is an asset/],
    [{ function: { Code: { S3Key: 'beef.zip' } } }, /no directory in .* is deployed as beef\.zip/],
    [
      { function: { Environment: { Variables: { A: { Ref: 'Hourly' } } } } },
      /cannot work out \{"Ref":"Hourly"\}/,
    ],
    [{ function: { Environment: { Variables: { A: { 'Fn::ImportValue': 'x' } } } } }, /cannot work out/],
    [{ schedule: { ScheduleExpression: 'cron(0 3 * * ? *)' } }, /Hourly: the sandbox knows rate/],
    [{ schedule: { StartDate: '2030-01-01T00:00:00Z' } }, /knows no dates/],
    [{ schedule: { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } } }, /no flexible time window is FLEXIBLE/],
    [{ schedule: { Target: { Arn: 'arn:aws:sqs:::q', Input: '{}' } } }, /expected the ARN of a resource/],
    [
      { schedule: { Target: { Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, Input: '{}' } } },
      /functions of the same/,
    ],
    [{ schedule: { Target: { Arn: { 'Fn::GetAtt': ['Probe', 'Arn'] } } } }, /needs an Input/],
  ]
  for (const [changes, message] of refused) assert.throws(() => startProbe(t, changes), message)
})
