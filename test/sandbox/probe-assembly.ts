import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startClock } from '../../sandbox/clock.ts'
import {
  type StackFunctions,
  type StackFunctionsOptions,
  startStackFunctions,
} from '../../sandbox/functions/stack-functions.ts'
import { SANDBOX_CREDENTIALS } from '../../sandbox/s3/server.ts'
import { Queues } from '../../sandbox/sqs/queues.ts'
import { scratch } from '../flows/setting.ts'

/** Before the hour, so that what happens in it is told apart from the start. */
export const START = Date.UTC(2030, 1, 28, 22, 30)
export const MINUTE = 60_000

const SCHEDULE = {
  Name: 'probe-hourly',
  ScheduleExpression: 'rate(1 hour)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: { 'Fn::GetAtt': ['Probe', 'Arn'] }, Input: '{"run":"<aws.scheduler.scheduled-time>"}' },
}

const FUNCTION = {
  FunctionName: { 'Fn::Join': ['-', [{ Ref: 'AWS::Region' }, 'probe']] },
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation has it
  Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: 'cafe.zip' },
  Timeout: 30,
  MemorySize: 256,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation has it
  Environment: { Variables: { TABLE: { Ref: 'Table' }, PLACE: { 'Fn::Sub': 'in-${AWS::Region}' } } },
  DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Queue', 'Arn'] } },
}

export interface Changes {
  function?: object
  schedule?: object
  /** More resources, by logical id. */
  resources?: object
}

/** What `cdk synth` would write for a stack of one function, its table, queue and schedule. */
export function writeAssembly(directory: string, changes: Changes = {}): string {
  const write = (name: string, content: object) =>
    writeFileSync(join(directory, name), JSON.stringify(content))
  write('manifest.json', {
    artifacts: {
      'probe.assets': { type: 'cdk:asset-manifest', properties: { file: 'probe.assets.json' } },
      probe: { type: 'aws:cloudformation:stack', properties: { templateFile: 'probe.template.json' } },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  })
  const destinations = { here: { bucketName: 'assets', objectKey: 'cafe.zip' } }
  write('probe.assets.json', {
    files: { cafe: { source: { path: 'asset.cafe', packaging: 'zip' }, destinations } },
  })
  write('probe.template.json', {
    Resources: {
      Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'probe-index' } },
      Queue: { Type: 'AWS::SQS::Queue' },
      Probe: { Type: 'AWS::Lambda::Function', Properties: { ...FUNCTION, ...changes.function } },
      Hourly: { Type: 'AWS::Scheduler::Schedule', Properties: { ...SCHEDULE, ...changes.schedule } },
      ...changes.resources,
    },
  })
  mkdirSync(join(directory, 'asset.cafe'))
  copyFileSync(join(import.meta.dirname, 'probe-function.cjs'), join(directory, 'asset.cafe/index.js'))
  return directory
}

/** A schedule whose event is this one. */
export function sending(event: object): Changes {
  return { schedule: { Target: { ...SCHEDULE.Target, Input: JSON.stringify(event) } } }
}

export function startProbe(
  test: TestContext,
  changes: Changes = {},
  options: Partial<StackFunctionsOptions> = {},
): StackFunctions & { directory: string; now(): number } {
  const directory = scratch(test)
  const clock = startClock(join(directory, 'clock'), START)
  const functions = startStackFunctions({
    assembly: writeAssembly(directory, changes),
    region: 'eu-west-3',
    credentials: SANDBOX_CREDENTIALS,
    bucketEndpoint: 'http://127.0.0.1:1',
    indexEndpoint: 'http://127.0.0.1:1',
    queueEndpoint: 'http://127.0.0.1:1',
    clock,
    s3: { onCreated: () => {} },
    queues: new Queues(clock.now),
    ...options,
  })
  return { ...functions, directory, now: clock.now }
}
