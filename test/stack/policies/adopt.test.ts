import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { blobKey } from '../../../core/model/key.ts'
import { type Naming, predecessorKey, rootOf } from '../../../core/model/predecessor-key.ts'
import { everybody } from './callers.ts'
import { HOME, inOneAccount } from './installation.ts'
import { judge, type Store } from './judge.ts'
import type { Request } from './requests/request.ts'

const REF = { oid: '00000000000004d2', tid: '03d167f919308700' }

/** By the policy that is attached to an instance's role for as long as it adopts. */
const SOURCES: readonly (Naming & { bucket: string; besides: string[] })[] = [
  {
    form: 'zodb-s3blobs',
    prefix: 'site/',
    bucket: 'example-site-blobs',
    besides: ['blobs/4d2/3d167f919308700.blob', 'site2/blobs/4d2/3d167f919308700.blob', 'site/other'],
  },
  { form: 'collective.s3blobs', prefix: '', bucket: 'example-archive', besides: ['backups/monday.tar'] },
]

describe('a policy for adopting', () => {
  const installation = inOneAccount()
  const { buckets, policies } = installation

  for (const { bucket, besides, ...naming } of SOURCES) {
    const file = new URL(`../../../examples/adopt/${naming.form}-policy.json`, import.meta.url)
    const more = JSON.parse(readFileSync(file, 'utf8'))
    const instance = everybody(installation).find(({ name }) => name === 'instance of main')
    assert.ok(instance)
    const ask = (request: Request, store: Store, also = {}) =>
      judge({ ...instance, ...also }, request, store, policies)
    const ofSource = { account: HOME.account }
    const key = predecessorKey(naming, REF)

    it(`lets an instance list and read what ${naming.form} has left, and change nothing of it`, async () => {
      const allowed = [list(bucket, rootOf(naming)), object(bucket, key, 'GetObject')]
      for (const request of allowed) {
        assert.equal(await ask(request, ofSource), 'i', `${request.name} without it`)
        assert.equal(await ask(request, ofSource, { more }), 'A', request.name)
      }
      const refused = [
        ...besides.map(other => object(bucket, other, 'GetObject')),
        ...['PutObject', 'DeleteObject', 'GetObjectVersion', 'DeleteObjectVersion', 'PutObjectTagging'].map(
          action => object(bucket, key, action),
        ),
        object(`${bucket}-of-another`, key, 'GetObject'),
        list(`${bucket}-of-another`, rootOf(naming)),
        ...(naming.prefix === '' ? [] : [list(bucket, ''), list(bucket, 'site'), list(bucket, 'blobs/')]),
      ]
      for (const request of refused) assert.equal(await ask(request, ofSource, { more }), 'i', request.name)
    })

    it(`lets copies of ${naming.form} into its own database alone, once each (I3, I9)`, async () => {
      const name = buckets.bucket.arn.replace('arn:aws:s3:::', '')
      const copying = { 's3:ObjectCreationOperation': 'true', 's3:x-amz-copy-source': `${bucket}/${key}` }
      const copyOnto = (database: string, context: Request['context']) => {
        const request = object(name, blobKey(database, REF), 'PutObject')
        return ask({ ...request, context: { ...copying, ...context } }, buckets.bucket, { more })
      }
      assert.equal(await copyOnto('main', { 's3:if-none-match': '*' }), 'A')
      assert.equal(await copyOnto('main', {}), 'D')
      assert.equal(await copyOnto('main-old', { 's3:if-none-match': '*' }), 'i')
    })
  }
})

function object(bucket: string, key: string, action: string): Request {
  const version = action.includes('Version') ? { 's3:VersionId': 'v1' } : {}
  const resource = `arn:aws:s3:::${bucket}/${key}`
  return { name: `${action} ${key}`, on: bucket, action: `s3:${action}`, resource, context: version }
}

function list(bucket: string, prefix: string): Request {
  const resource = `arn:aws:s3:::${bucket}`
  const context = { 's3:prefix': prefix }
  return { name: `list ${prefix}`, on: bucket, action: 's3:ListBucket', resource, context }
}
