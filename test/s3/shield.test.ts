import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { DeleteObjectCommand, GetObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { s3Client } from './shield/account.ts'
import { ATTEMPTS } from './shield/attempts.ts'
import { startShielded } from './shield/setting.ts'

/** What the account's administrators get from the deployed bucket when they set about losing its blobs. */

const shielded = await startShielded()
after(() => shielded.stop())
const { account, keys, policy, as, attempt, archive, assertUntouched, without } = shielded

it('refuses those who cannot sign before any policy is asked', async () => {
  const { Bucket, Key } = await archive()
  const send = (changed: object) => {
    const client = s3Client(account, { ...keys['administrator by role'], ...changed })
    return attempt(() => client.send(new GetObjectCommand({ Bucket, Key })))
  }
  const refused = (answer: string, status = 403) => ({ answer, status, decided: [] })
  assert.deepEqual(await send({ secretAccessKey: 'guessed' }), refused('SignatureDoesNotMatch'))
  assert.deepEqual(await send({ accessKeyId: 'ASIASTRANGER' }), refused('InvalidAccessKeyId'))
  assert.deepEqual(await send({ sessionToken: 'of another' }), refused('InvalidToken', 400))
  assert.deepEqual(await send({}), { answer: 'done', status: 200, decided: ['s3:GetObject Allowed'] })
})

it('leaves out nothing that the shield denies', () => {
  // S3 asks for these rights when it replicates by itself; no request of the SDK needs them.
  const denied = policy.Statement.filter(({ Sid }) => Sid && Sid !== 'OnlyReplicationReplicates')
  const actions = denied.map(({ Sid, Action }) => [Sid, [Action].flat().sort()])
  const attempted = Object.entries(ATTEMPTS).map(([statement, attempts]) => [
    statement,
    [...new Set(attempts.map(({ action }) => action))].sort(),
  ])
  assert.deepEqual(attempted, actions)
})

for (const who of ['administrator', 'administrator by role'] as const)
  for (const [statement, attempts] of Object.entries(ATTEMPTS))
    describe(`${statement} keeps an ${who} (I3, I6)`, () => {
      for (const { name, action, run } of attempts)
        it(`from ${name}`, async () => {
          const blob = await archive()
          const { answer, decided } = await attempt(() => run(as(who), blob))
          assert.equal(answer, 'AccessDenied')
          assert.equal(lastOf(decided, action), `${action} ExplicitlyDenied by ${statement}`)
          await assertUntouched(blob)
        })
    })

/** The same attempts in the same place: what refused them was that statement and nothing else. */
for (const [statement, attempts] of Object.entries(ATTEMPTS))
  describe(`Without ${statement} nothing keeps an administrator`, () => {
    for (const { name, action, run, otherwise = 'done' } of attempts)
      it(`from ${name}`, async () => {
        const blob = await archive()
        const work = () => attempt(() => run(as('administrator'), blob))
        const { answer, decided } = await without(statement, work)
        assert.equal(lastOf(decided, action), `${action} Allowed`)
        assert.equal(answer, otherwise)
      })
  })

it('loses a version whose shield was taken away', async () => {
  const { Bucket, Key, VersionId } = await archive()
  const client = as('administrator')
  await without('KeepBucketAndVersions', () =>
    client.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
  )
  const { Versions = [], DeleteMarkers = [] } = await client.send(
    new ListObjectVersionsCommand({ Bucket, Prefix: Key }),
  )
  assert.deepEqual([Versions, DeleteMarkers], [[], []])
})

function lastOf(decided: string[], action: string): string | undefined {
  return decided.findLast(decision => decision.startsWith(`${action} `))
}
