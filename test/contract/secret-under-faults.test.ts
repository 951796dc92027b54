import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createSecret } from '../../core/aws/secret.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import type { Secret } from '../../core/ports.ts'
import { SANDBOX_REGION } from '../../sandbox/s3/server.ts'
import { Secrets } from '../../sandbox/secrets/secrets.ts'
import { startSecrets } from '../../sandbox/secrets/server.ts'
import {
  type Call,
  clientSettings,
  FAULTS_BESIDE_S3,
  holdUnder,
  noFaults,
  PATIENCE,
  startSpoiling,
  timeOutFor,
  titleOf,
} from './through-faults.ts'

/** Under every fault the adapter of Secrets Manager ends in what is true or in an error of ours that tells nothing of the secret (I11). */

const secrets = new Secrets()
const denied = new Set<string>()
const server = await startSecrets({ secrets, deny: ({ action }) => denied.has(action) })
const spoiling = await startSpoiling(server.endpoint)
after(() => server.close())

const CANARY = '-----BEGIN PRIVATE KEY-----CANARY0canary1CANARY2canary3'
secrets.create('full')
secrets.put('full', 'a'.repeat(32), CANARY)
secrets.create('empty')

const bucket = { name: 'bucket', region: SANDBOX_REGION, pathStyle: true, checksums: 'server' as const }

/** A place of secrets, and how long it waits. */
function openAt(endpoint: string, timeOut = PATIENCE, maxAttempts = 1): (name: string) => Secret {
  const client = new SecretsManagerClient({ ...clientSettings(endpoint, timeOut), maxAttempts })
  return name => createSecret(name, { bucket, secrets: {} }, client)
}

let unused = 0
const fresh = () => {
  const name = `fresh-${unused++}`
  secrets.create(name)
  return name
}

const CALLS: Record<string, Call<(name: string) => Secret>> = {
  'reading a text': {
    run: async open => assert.equal((await tellsNothing(open('full').read())).text, CANARY),
  },
  'reading nothing': { run: async open => assert.equal((await open('empty').read()).text, undefined) },
  'reading what is not there': {
    run: async open => assert.fail(`read ${(await open('none').read()).text}`),
  },
  'writing a text': {
    run: async open => {
      const name = fresh()
      await tellsNothing(open(name).write(CANARY, undefined))
      assert.equal(secrets.current(name)?.text, CANARY)
    },
  },
  'replacing a text': {
    run: async open => {
      const name = fresh()
      const { id } = secrets.put(name, 'b'.repeat(32), 'before')
      await tellsNothing(open(name).write(CANARY, id))
      assert.equal(secrets.current(name)?.text, CANARY)
    },
  },
  'replacing what somebody else has replaced': {
    codes: ['SECRET_CHANGED'],
    run: async open => {
      const name = fresh()
      const { id } = secrets.put(name, 'b'.repeat(32), 'before')
      secrets.put(name, 'c'.repeat(32), 'theirs')
      await tellsNothing(open(name).write(CANARY, id))
        .then(() => assert.fail('written'))
        .finally(() => assert.equal(secrets.current(name)?.text, 'theirs'))
    },
  },
}

/** What an error quotes: the letters of a key in a row, of any length that would be of use. */
async function tellsNothing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    assert.doesNotMatch(
      inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
      /canary|BEGIN/i,
    )
    throw error
  }
}

describe('the adapter of Secrets Manager (I8, I11)', () => {
  for (const fault of FAULTS_BESIDE_S3)
    it(`holds under ${titleOf(fault)}`, async () => {
      await holdUnder(fault, spoiling, CALLS, openAt(spoiling.endpoint, timeOutFor(fault)))
    })

  it('writes once what it has to say twice (I8)', async () => {
    let exchanges = 0
    const name = fresh()
    spoiling.spoil(() => (++exchanges === 1 ? { name: 'reset', moment: 'after' } : undefined))
    await openAt(
      spoiling.endpoint,
      PATIENCE,
      3,
    )(name)
      .write('text', undefined)
      .finally(() => spoiling.spoil(noFaults))
    assert.ok(exchanges > 1, 'it was repeated')
    assert.equal(secrets.versions(name).length, 1)
  })

  it('has done what it hears nothing of, where a look at it says so (I8)', async () => {
    const name = fresh()
    const { id } = secrets.put(name, 'b'.repeat(32), 'before')
    let exchanges = 0
    const isMove = () => ++exchanges === 2
    spoiling.spoil(() => (isMove() ? { name: 'reset', moment: 'after' } : undefined))
    await openAt(spoiling.endpoint)(name)
      .write('text', id)
      .finally(() => spoiling.spoil(noFaults))
    assert.equal(secrets.current(name)?.text, 'text')
  })

  it('leaves no label of its own, written or refused', async () => {
    const name = fresh()
    const secret = openAt(server.endpoint)(name)
    await secret.write('text', undefined)
    await assert.rejects(secret.write('late', undefined), { code: 'SECRET_CHANGED' })
    const { version } = await secret.read()
    await secret.write('next', version)
    const labels = secrets.versions(name).flatMap(({ stages }) => stages)
    assert.deepEqual(labels.sort(), ['AWSCURRENT', 'AWSPREVIOUS'])
  })

  it('does not say that nothing was changed where it had to ask twice', async () => {
    const name = fresh()
    const { id } = secrets.put(name, 'b'.repeat(32), 'before')
    let exchanges = 0
    spoiling.spoil(() => {
      if (++exchanges !== 2) return undefined
      secrets.put(name, 'c'.repeat(32), 'theirs')
      return { name: 'reset', moment: 'after' }
    })
    const writing = openAt(spoiling.endpoint, PATIENCE, 3)(name).write('text', id)
    await assert.rejects(
      writing.finally(() => spoiling.spoil(noFaults)),
      /whether this change came before/,
    )
  })

  it('tells nothing of what a server repeats, nor of what it cannot parse', async test => {
    const repeating = createServer(async (request, response) => {
      const message = String(await buffer(request))
      const writing = message.includes('SecretString')
      response.statusCode = writing ? 400 : 200
      response.end(writing ? JSON.stringify({ __type: 'InvalidParameterException', message }) : CANARY)
    })
    repeating.listen(0, '127.0.0.1')
    await new Promise(resolve => repeating.once('listening', resolve))
    test.after(() => repeating.close())
    const open = openAt(`http://127.0.0.1:${(repeating.address() as AddressInfo).port}`)
    const failed = (error: unknown) => error instanceof BlobUnavailable && error.code === 'SERVER_FAILED'
    await assert.rejects(tellsNothing(open('full').write(CANARY, 'a'.repeat(32))), failed)
    await assert.rejects(tellsNothing(open('full').read()), failed)
  })

  it('tells denied from missing, and which right it lacks', async () => {
    const open = openAt(server.endpoint)
    const isDenied = (right: RegExp) => (error: unknown) =>
      error instanceof BlobUnavailable && error.code === 'ACCESS_DENIED' && right.test(error.message)
    denied.add('GetSecretValue').add('PutSecretValue')
    await assert.rejects(open('full').read(), isDenied(/secretsmanager:GetSecretValue/))
    await assert.rejects(open('full').write('text', undefined), isDenied(/secretsmanager:PutSecretValue/))
    denied.clear()
    denied.add('UpdateSecretVersionStage')
    const moving = open('full').write('text', 'a'.repeat(32))
    await assert.rejects(moving, isDenied(/secretsmanager:UpdateSecretVersionStage/))
    denied.clear()
    // Who may read and no more, as the role `signer`, still learns that there is no text.
    denied.add('DescribeSecret')
    assert.equal((await open('empty').read()).text, undefined)
    denied.clear()
  })
})
