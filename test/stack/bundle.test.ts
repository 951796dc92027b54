import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseGarbagePolicy } from '../../core/model/garbage-policy.ts'
import { POLICY_FILE } from '../../core/model/policy-file.ts'
import { DAY } from '../../core/model/quantity.ts'
import { parseSchedulePolicy } from '../../core/model/schedule-policy.ts'
import type { FunctionName } from '../../lib/functions/add-function.ts'
import { assetOf } from './around-function.ts'
import { EXAMPLE } from './synthesize.ts'

const FUNCTIONS: readonly FunctionName[] = ['schedule-archive', 'condemn', 'sweep']
const { databases, stack } = EXAMPLE

describe('the bundle of a function', () => {
  for (const name of FUNCTIONS)
    it(`has a handler that loads where nothing else is: ${name}`, test => {
      const { directory } = assetOf(test, name, EXAMPLE)
      const env = {
        INDEX_TABLE: 'any',
        BLOB_BUCKET: 'any',
        QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/any',
        INSTALLATION: 'any',
        AWS_REGION: 'eu-central-1',
      }
      const words = ['--print', 'typeof require("./index.js").handler']
      const told = execFileSync(process.execPath, words, { cwd: directory, env, encoding: 'utf8' })
      assert.equal(told, 'function\n')
    })

  it('holds the policy of the schedule that the configuration has', test => {
    const { directory } = assetOf(test, 'schedule-archive', EXAMPLE)
    const policy = parseSchedulePolicy(readFileSync(join(directory, POLICY_FILE), 'utf8'))
    assert.equal(policy.databases.main?.schedule?.bytesPerRun, 50e9)
    assert.equal(policy.every, 3_600_000)
  })

  for (const name of ['condemn', 'sweep'] as const)
    it(`holds the policy of garbage that the configuration has: ${name}`, test => {
      const garbage = { grace: '20d', largestShare: 0.25, sweptPerRun: 7 }
      const raw = { ...EXAMPLE, databases: { main: { generation: 'second' }, other: {} } }
      const { directory } = assetOf(test, name, { ...raw, stack: { ...stack, garbage } })
      assert.deepEqual(parseGarbagePolicy(readFileSync(join(directory, POLICY_FILE), 'utf8')), {
        formatVersion: 1,
        grace: 20 * DAY,
        largestShare: 0.25,
        sweptPerRun: 7,
        databases: { main: { generation: 'second' }, other: { generation: '1' } },
      })
    })

  it('is another asset only where its policy is another', test => {
    const hashOf = (name: FunctionName, raw: object) => assetOf(test, name, raw).hash
    const asIs = (name: FunctionName) => hashOf(name, EXAMPLE)
    const dryRun = { ...EXAMPLE, stack: { ...stack, schedule: { dryRun: true } } }
    const restored = { ...EXAMPLE, databases: { main: { ...databases.main, generation: 'restored' } } }
    for (const name of FUNCTIONS) {
      assert.equal(hashOf(name, { ...EXAMPLE, stack: { ...stack, alarms: {} } }), asIs(name))
      assert.notEqual(hashOf(name, { ...EXAMPLE, databases: { ...databases, other: {} } }), asIs(name))
      assert.equal(hashOf(name, dryRun) === asIs(name), name !== 'schedule-archive')
      assert.equal(hashOf(name, restored) === asIs(name), name === 'schedule-archive')
    }
  })
})
