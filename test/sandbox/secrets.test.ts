import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { SANDBOX_CREDENTIALS, SANDBOX_REGION } from '../../sandbox/s3/server.ts'
import { Secrets } from '../../sandbox/secrets/secrets.ts'
import { startSecrets } from '../../sandbox/secrets/server.ts'
import { scratch } from '../flows/setting.ts'

const NAME = 'site/main/url-signing-key'
const SecretId = NAME
const TOKEN = 'a'.repeat(32)

async function withServer(test: TestContext) {
  const secrets = new Secrets()
  const server = await startSecrets({ secrets })
  test.after(() => server.close())
  const place = { endpoint: server.endpoint, region: SANDBOX_REGION, maxAttempts: 1 }
  const connect = (credentials = SANDBOX_CREDENTIALS) => {
    const client = new SecretsManagerClient({ ...place, credentials: { ...credentials } })
    test.after(() => client.destroy())
    return client
  }
  return { secrets, connect, client: connect() }
}

describe('the stand-in for Secrets Manager', () => {
  it('keeps what was current before, by its label', async test => {
    const { secrets, client } = await withServer(test)
    secrets.create(NAME)
    for (const SecretString of ['one', 'two', 'three'])
      await client.send(new PutSecretValueCommand({ SecretId, SecretString }))
    const read = async (VersionStage?: string) =>
      (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString
    assert.deepEqual(
      [await read(), await read('AWSCURRENT'), await read('AWSPREVIOUS')],
      ['three', 'three', 'two'],
    )
    await assert.rejects(read('AWSPENDING'), { name: 'ResourceNotFoundException' })
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
    assert.deepEqual(Object.values(VersionIdsToStages).flat().sort(), ['AWSCURRENT', 'AWSPREVIOUS'])
  })

  it('moves a label only from the version that is named as having it', async test => {
    const { secrets, client } = await withServer(test)
    secrets.create(NAME)
    const [A, B] = ['a'.repeat(32), 'b'.repeat(32)]
    const labelsOf = () => secrets.versions(NAME).map(({ stages }) => stages.toSorted().join())
    const put = (ClientRequestToken: string) =>
      client.send(
        new PutSecretValueCommand({
          SecretId,
          ClientRequestToken,
          SecretString: 'x',
          VersionStages: ['NEXT'],
        }),
      )
    const move = (VersionStage: string, ids: { MoveToVersionId?: string; RemoveFromVersionId?: string }) =>
      client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, ...ids }))
    await put(A)
    assert.deepEqual(labelsOf(), ['AWSCURRENT,NEXT'], 'the first one is current by itself')
    await put(B)
    assert.deepEqual(labelsOf(), ['AWSCURRENT', 'NEXT'])
    for (const ids of [
      { MoveToVersionId: B },
      { MoveToVersionId: B, RemoveFromVersionId: B },
      { RemoveFromVersionId: A },
      {},
    ])
      await assert.rejects(move('AWSCURRENT', ids), { name: 'InvalidParameterException' })
    await assert.rejects(move('NEXT', { MoveToVersionId: 'c'.repeat(32) }), {
      name: 'ResourceNotFoundException',
    })
    assert.deepEqual(labelsOf(), ['AWSCURRENT', 'NEXT'])
    await move('AWSCURRENT', { MoveToVersionId: B, RemoveFromVersionId: A })
    await move('NEXT', { RemoveFromVersionId: B })
    assert.deepEqual(labelsOf(), ['AWSPREVIOUS', 'AWSCURRENT'])
  })

  it('takes the same version once, and none of another value or without one', async test => {
    const { secrets, client } = await withServer(test)
    secrets.create(NAME)
    const put = (SecretString: string, ClientRequestToken = TOKEN) =>
      client.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }))
    await put('one')
    await put('one')
    assert.equal(secrets.versions(NAME).length, 1)
    await assert.rejects(put('two'), { name: 'ResourceExistsException' })
    await assert.rejects(put('', 'b'.repeat(32)), { name: 'InvalidParameterException' })
    await assert.rejects(put('x'.repeat(65_537), 'b'.repeat(32)), { name: 'InvalidParameterException' })
    await assert.rejects(put('two', 'short'), { name: 'InvalidParameterException' })
  })

  it('is asked by name or ARN, and refuses strangers and what it does not know', async test => {
    const { secrets, client, connect } = await withServer(test)
    secrets.create(NAME)
    secrets.put(NAME, TOKEN, 'text')
    const arn = `arn:aws:secretsmanager:${SANDBOX_REGION}:000000000000:secret:${NAME}-AbCdEf`
    assert.equal((await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString, 'text')
    const stranger = connect({ ...SANDBOX_CREDENTIALS, secretAccessKey: 'wrong' })
    await assert.rejects(stranger.send(new GetSecretValueCommand({ SecretId })), {
      name: 'SignatureDoesNotMatch',
    })
    await assert.rejects(client.send(new ListSecretsCommand({})), { name: 'UnknownOperationException' })
    const VersionId = TOKEN
    await assert.rejects(client.send(new GetSecretValueCommand({ SecretId, VersionId })), {
      name: 'InvalidParameterException',
    })
    await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 'none' })), {
      name: 'ResourceNotFoundException',
    })
  })

  it('finds in its directory what an earlier one kept there, for nobody else to read', test => {
    const directory = join(scratch(test), 'secrets')
    const first = new Secrets(() => 7, directory)
    first.create(NAME)
    first.put(NAME, TOKEN, 'text')
    const later = new Secrets(() => 8, directory)
    later.create(NAME)
    assert.deepEqual(later.versions(NAME), [
      { id: TOKEN, text: 'text', stages: ['AWSCURRENT'], createdAt: 7 },
    ])
    assert.equal(statSync(join(directory, `${encodeURIComponent(NAME)}.json`)).mode & 0o077, 0)
  })
})
