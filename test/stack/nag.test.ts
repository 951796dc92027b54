import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type App, Stack, Validations } from 'aws-cdk-lib'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import { DOMAIN, delivered, WEB_ACL } from './delivered.ts'
import { EXAMPLE, synthesize } from './synthesize.ts'

const { stack } = EXAMPLE
const LARGEST = {
  ...EXAMPLE,
  databases: { main: {}, other: {} },
  stack: {
    ...stack,
    account: '111122223333',
    delivery: { databases: { main: delivered(), other: delivered({ domain: DOMAIN }) } },
    replica: {
      ...stack.replica,
      account: '444455556666',
      objectLock: { mode: 'governance', retention: '30d' },
    },
  },
}

/** By rule, without the resource it is about. */
const ACKNOWLEDGED = {
  'AwsSolutions-CFR1': /the application decides/,
  'AwsSolutions-CFR2': /without a signature/,
  'AwsSolutions-CFR3': /would hold signatures/,
  'AwsSolutions-CFR4': /cannot be chosen/,
  'AwsSolutions-IAM5': /named after the blobs of one prefix/,
  'AwsSolutions-S1': /holds the access log itself/,
  'AwsSolutions-SMG4': /rotated in steps/,
  'AwsSolutions-SNS2': /no content/,
}

const withChecks = (app: App) => Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

describe('the AwsSolutions rules', () => {
  it('find nothing in the stacks, small or large', () => {
    synthesize(EXAMPLE, withChecks)
    synthesize(LARGEST, withChecks)
    const delivery = { ...LARGEST.stack.delivery, webAcl: WEB_ACL, logs: false }
    const bucket = { ...EXAMPLE.bucket, region: 'us-east-1' }
    synthesize({ ...LARGEST, bucket, stack: { ...LARGEST.stack, delivery } }, withChecks)
  })

  it('would find something', () => {
    assert.throws(() => {
      synthesize(EXAMPLE, app => {
        withChecks(app)
        new Bucket(new Stack(app, 'careless'), 'Bucket')
      })
    }, /[Vv]alidation failed/)
  })

  it('are set aside in few places, each with its reason, and for no action', () => {
    const apps: App[] = []
    synthesize(LARGEST, app => apps.push(app))
    const found = apps
      .flatMap(app => app.node.findAll())
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
    assert.ok(found.length > 10)
    for (const [id, reason] of found) {
      const [rule = '', about = ''] = id.replace(/^.*::(?=AwsSolutions)/, '').split(/\[|\]/)
      assert.match(reason, ACKNOWLEDGED[rule as keyof typeof ACKNOWLEDGED] ?? /no such rule/)
      if (rule === 'AwsSolutions-IAM5')
        assert.match(
          about,
          /^Resource::arn:<AWS::Partition>:s3:::[a-z-]+\/(blobs|packs|verdicts)\/([a-z]+\/)?\*$/,
        )
    }
  })
})
