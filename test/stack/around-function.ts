import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { FunctionName } from '../../lib/functions/add-function.ts'
import { scratch } from '../flows/setting.ts'
import { resolve } from './resolve.ts'
import { EXAMPLE, ofType, type Resource, synthesize, synthesizeInto, type Template } from './synthesize.ts'

export const PLACE = { account: '111122223333', region: 'eu-central-1' }

/** The resolved template of the example with another section `stack`, and whatever else is another. */
export function withStack(stack: object, more: object = {}): Template {
  const raw = { ...EXAMPLE, ...more, stack: { ...EXAMPLE.stack, ...stack } }
  return resolve(synthesize(raw)['nice-blobs'] ?? { Resources: {} }, PLACE)
}

type Found = Resource & { id: string; DependsOn?: string[] }

/** The one resource of a type for which this holds. */
export function only(
  template: Template,
  type: string,
  holds: (id: string, properties: Resource['Properties']) => boolean = () => true,
): Found {
  const found = ofType(template, type).filter(([id, { Properties }]) => holds(id, Properties))
  const [[id, resource] = [], ...others] = found
  assert.ok(id && resource && others.length === 0, `${found.length} of ${type}`)
  return { id, ...resource }
}

/** Everything that a function has of its own. */
export function aroundFunction(template: Template, name: FunctionName, start: string) {
  const functionName = `nice-blobs-${name}`
  return {
    made: only(template, 'AWS::Lambda::Function', (_, { FunctionName }) => FunctionName === functionName),
    log: only(template, 'AWS::Logs::LogGroup', (_, { LogGroupName }) => LogGroupName.endsWith(`-${name}`)),
    failures: only(template, 'AWS::SQS::Queue', id => id.startsWith(`${start}OutletsFailures`)),
    schedules: ofType(template, 'AWS::Scheduler::Schedule').flatMap(([, { Properties }]) =>
      Properties.Name === functionName ? [Properties] : [],
    ),
  }
}

export function queueArn(id: string): string {
  return `arn:aws:sqs:${PLACE.region}:${PLACE.account}:${id}`
}

/** The role of this ARN in a resolved template. */
export function roleOf(template: Template, arn: string): Resource['Properties'] {
  const role = template.Resources[arn.replace(/.*:role\//, '')]
  assert.equal(role?.Type, 'AWS::IAM::Role')
  return role.Properties
}

/** The directory of a function’s code, as it would be uploaded. */
export function assetOf(test: TestContext, name: FunctionName, raw: object) {
  const outdir = scratch(test)
  const template = synthesizeInto(outdir, raw)['nice-blobs'] ?? { Resources: {} }
  const { Code } = only(template, 'AWS::Lambda::Function', (_, { FunctionName }) =>
    FunctionName.endsWith(`-${name}`),
  ).Properties
  const hash: string = Code.S3Key.replace('.zip', '')
  return { directory: join(outdir, `asset.${hash}`), hash }
}
