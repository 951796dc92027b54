import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Adopt, adoptBlob } from '../../core/adopt.ts'
import { makeRow, recordRow } from '../../core/archive.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { requireSameObject } from '../../core/verify-object.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { adoptAll, adoptSetting, WAYS } from './adopt-setting.ts'
import { interleave } from './interleave.ts'
import { refNumber } from './setting.ts'

/** An adoption beside whoever else writes the same key, or changes what is adopted, with their calls in every order there is. */

const ref = refNumber(7)
const CONTENT = 'the blob'
const OTHER = 'the blub'
type Setting = ReturnType<typeof adoptSetting>
type Work = (ports: Adopt, key: string, setting: Setting) => Promise<unknown>

/** As archiveBlob does, with a file of a volume. */
async function archive(ports: Adopt, content: string): Promise<void> {
  const [key, bytes] = [blobKey('main', ref), Buffer.from(content)]
  const facts = factsOf(bytes)
  await ports.bucket.put(key, facts, { open: () => bytes })
  const stored = await requireSameObject(ports.bucket, key, facts)
  await recordRow(ports, makeRow('main', ref, facts, stored))
}

const OTHERS: Record<string, { work: Work; contents: readonly string[] }> = {
  'another adoption': { work: (ports, key) => adoptBlob(ports, { key, ref }), contents: [CONTENT] },
  'an archiver': { work: ports => archive(ports, CONTENT), contents: [CONTENT] },
  'an archiver of other bytes': { work: ports => archive(ports, OTHER), contents: [CONTENT, OTHER] },
  'an application that overwrites it': {
    async work(ports, _key, setting) {
      // Its request is one call among the others.
      await ports.bucket.head('moment')
      setting.plant(ref, OTHER)
    },
    contents: [CONTENT, OTHER],
  },
}

/** What several writers of one key may be told. */
function unlessTold(error: unknown): void {
  const told = ['BLOB_CONFLICT', 'SOURCE_CHANGED']
  if (!(error instanceof NiceBlobsError && told.includes(error.code))) throw error
}

/** One object at the most was ever stored, and the row, if there is one, is of its bytes (I3). */
async function assertSound({ bucket, rowOf, bytesOf }: Setting, contents: readonly string[]) {
  const versions = bucket.versions.get(blobKey('main', ref)) ?? []
  assert.ok(versions.length <= 1)
  const [row, bytes] = [await rowOf(ref), await bytesOf(ref)]
  assert.ok(bytes === undefined || contents.includes(bytes))
  if (row) assert.equal(row.sha256, factsOf(Buffer.from(bytes ?? 'nothing')).sha256)
}

for (const way of WAYS)
  describe(`an adoption ${way} beside others`, () => {
    for (const [name, { work, contents }] of Object.entries(OTHERS))
      it(`${name}, in every order (I3, I8)`, async test => {
        let setting = adoptSetting(way)
        const begin = async () => {
          setting = adoptSetting(way)
          const key = setting.plant(ref, CONTENT)
          const { adopt } = setting
          const both: Work[] = [ports => adoptBlob(ports, { key, ref }), work]
          return both.map(
            each => (turn: <Port extends object>(port: Port) => Port) =>
              each(
                {
                  ...adopt,
                  bucket: turn(adopt.bucket),
                  index: turn(adopt.index),
                  copies: turn(adopt.copies),
                  predecessor: turn(adopt.predecessor),
                },
                key,
                setting,
              ).catch(unlessTold),
          )
        }
        const orders = await interleave(begin, async () => {
          await assertSound(setting, contents)
          const { errors } = await adoptAll(setting.adopt)
          for (const error of errors) unlessTold(error)
          await assertSound(setting, contents)
          assert.ok((await setting.rowOf(ref)) || errors.length > 0)
        })
        test.diagnostic(`${orders} orders`)
        assert.ok(orders > 4)
      })
  })
