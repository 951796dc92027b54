import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import {
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { createS3Bucket } from '../../../core/aws/s3-bucket.ts'
import { blobKey } from '../../../core/model/key.ts'
import { factsOf } from '../../contract/bucket-contract.ts'
import { EXAMPLE } from '../../stack/synthesize.ts'
import { startServer } from '../server.ts'
import { type Account, demandSignatures, s3Client } from './account.ts'
import { makeCallers, type Who } from './callers.ts'
import { bucketPolicy, deployBucket, deployRoles, PLACE, roleNamed, templates } from './deploy.ts'
import { startJudge } from './judge.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export const BUCKET: string = EXAMPLE.bucket.name
const LAUNCHER = fileURLToPath(new URL('judged_moto.py', import.meta.url))

export interface Archived {
  Bucket: string
  Key: string
  VersionId: string
  ETag: string
  content: Buffer
}

/** The synthesized bucket, shield and roles on a server that demands signatures and obeys the policies. */
export async function startShielded() {
  const judge = await startJudge()
  const server = await startServer(
    'python',
    port => [LAUNCHER, '-p', port],
    () => ({ JUDGE: judge.url }),
  )
  const account: Account = { endpoint: server.endpoint, region: PLACE.region }
  const { blobs } = templates()
  const policy = bucketPolicy(blobs, BUCKET)
  await deployRoles(account, blobs)
  await deployBucket(account, BUCKET, policy)
  const keys = await makeCallers(account, blobs)
  await demandSignatures(account)
  const as = (who: Who): S3Client => s3Client(account, keys[who])

  async function attempt(work: () => Promise<unknown>): Promise<Outcome> {
    judge.decided()
    const outcome = await outcomeOf(work)
    return { ...outcome, decided: judge.decided() }
  }

  function sender(who: Who) {
    const client = as(who)
    return (command: { input: object }) => attempt(() => client.send(command as GetObjectCommand))
  }

  /** As a host archives: by our own adapter. */
  async function archive(database: 'main' | 'other' = 'main'): Promise<Archived> {
    const [oid, tid] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')]
    const content = randomBytes(1000)
    const config = { name: BUCKET, region: PLACE.region, endpoint: server.endpoint, pathStyle: true }
    const client = as(database === 'main' ? 'instance' : 'instance of other')
    const bucket = createS3Bucket({ ...config, checksums: 'server' }, client)
    const Key = blobKey(database, { oid, tid })
    const stored = await bucket.put(Key, factsOf(content), { open: () => content })
    assert.ok(stored.outcome === 'stored' && stored.versionId !== undefined)
    const ETag = `"${createHash('md5').update(content).digest('hex')}"`
    return { Bucket: BUCKET, Key, VersionId: stored.versionId, ETag, content }
  }

  async function contentOf({ Key, VersionId }: { Key: string; VersionId?: string }): Promise<Buffer> {
    const get = new GetObjectCommand({ Bucket: BUCKET, Key, VersionId })
    const { Body } = await as('administrator').send(get)
    assert.ok(Body)
    return Buffer.from(await Body.transformToByteArray())
  }

  /** The one version there is, readable, with all its bytes, in a bucket whose policy and versioning are as deployed. */
  async function assertUntouched({ Key, VersionId, content }: Archived): Promise<void> {
    const client = as('administrator')
    assert.deepEqual(await contentOf({ Key }), content)
    const listed = await client.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: Key }))
    const versions = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])]
    assert.deepEqual(
      versions.map(version => version.VersionId),
      [VersionId],
    )
    const { Policy = '' } = await client.send(new GetBucketPolicyCommand({ Bucket: BUCKET }))
    assert.deepEqual(JSON.parse(Policy), policy)
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: BUCKET }))
    assert.equal(Status, 'Enabled')
  }

  /** As CloudFormation, which alone may. */
  async function deploy(Statement: object[] = policy.Statement): Promise<void> {
    const client = as('deployment')
    const versioning = { Status: 'Enabled' as const }
    const Policy = JSON.stringify({ ...policy, Statement })
    await client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: versioning }))
    await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }))
  }

  /** With the shield short of one statement. */
  async function without<T>(sid: string, work: () => Promise<T>): Promise<T> {
    const rest = policy.Statement.filter(({ Sid }) => Sid !== sid)
    assert.equal(rest.length, policy.Statement.length - 1)
    await deploy(rest)
    return work().finally(() => deploy())
  }

  async function stop(): Promise<void> {
    await server.stop()
    await judge.stop()
  }

  return {
    account,
    keys,
    policy,
    sweeperRole: roleNamed(blobs, 'sweeper'),
    as,
    attempt,
    sender,
    archive,
    contentOf,
    assertUntouched,
    deploy,
    without,
    stop,
  }
}
