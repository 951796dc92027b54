import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRow, recordRow } from '../../core/archive.ts'
import type { BlobRow } from '../../core/model/blob-row.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { condemnRow, reviveRow } from '../../core/model/gc-rules.ts'
import { blobKey } from '../../core/model/key.ts'
import { SWEEP_SETTLES } from '../../core/model/undelete-plan.ts'
import { sweepBlob, takeUp } from '../../core/sweep-blob.ts'
import { type Undelete, undeleteBlob } from '../../core/undelete.ts'
import { requireSameObject } from '../../core/verify-object.ts'
import { factsOf, readAll } from '../contract/bucket-contract.ts'
import { interleave, type Racer } from './interleave.ts'
import { refNumber } from './setting.ts'
import { undeleteSetting } from './undelete-setting.ts'

/** An undelete beside whoever else may write the row or the key, with their calls in every order there is. */

const ref = refNumber(7)
const key = blobKey('main', ref)
const CONTENT = 'the blob'
type Setting = ReturnType<typeof undeleteSetting>
type Work = (ports: Undelete, row: BlobRow, setting: Setting) => Promise<unknown>

const OTHERS: Record<string, Work> = {
  'the sweeper': (ports, row) => sweepBlob(ports, row),
  'another undelete': ports => undeleteBlob(ports, ref),
  /** As archiveBlob does, with a file that is still in its volume. */
  async 'an archiver'(ports) {
    const bytes = Buffer.from(CONTENT)
    const facts = factsOf(bytes, 'image/png')
    await ports.bucket.put(key, facts, { open: () => bytes })
    const stored = await requireSameObject(ports.bucket, key, facts)
    await recordRow(ports, makeRow('main', ref, facts, stored))
  },
  'a report that names it': (ports, row) => ports.index.replace(row, reviveRow(row)),
  'a report of another generation': (ports, row, { now }) => {
    const report = { report: '03d167f919308800-0123456789abcdef', generation: '2', decidedAt: now() }
    return ports.index.replace(row, condemnRow(row, report))
  },
}

const RACES: [BlobRow['state'], (keyof typeof OTHERS)[]][] = [
  ['condemned', Object.keys(OTHERS)],
  ['swept', ['another undelete', 'an archiver']],
]

function racer(setting: Setting, row: BlobRow, work: Work | undefined): Racer {
  assert.ok(work)
  const { bucket, index, versions, undelete } = setting
  return turn =>
    work(
      { ...undelete, bucket: turn(bucket), index: turn(index), versions: turn(versions) },
      row,
      setting,
    ).catch((error: unknown) => {
      if (!(error instanceof NiceBlobsError && error.code === 'BLOB_BUSY')) throw error
    })
}

/** What is archived is there, of one content, and nobody but the sweeper placed a marker (I1, I3, I6). */
async function assertSound({ bucket, versions, rowOf }: Setting): Promise<void> {
  const [row, object] = [await rowOf(ref), await bucket.head(key)]
  if (row?.state === 'archived') assert.equal(object?.versionId, row.versionId)
  const listed = await versions.list(key)
  assert.ok(listed.filter(({ marker }) => marker).length <= 1)
  for (const { object } of bucket.versions.get(key) ?? [])
    assert.equal(object?.content.toString() ?? CONTENT, CONTENT)
}

describe('an undelete beside others', () => {
  for (const [state, names] of RACES)
    for (const name of names)
      it(`of what is ${state}: ${name}, in every order (I1, I3, I5, I6)`, async test => {
        let setting = undeleteSetting()
        const begin = async () => {
          setting = undeleteSetting()
          const row = await setting.plant(ref, state, CONTENT)
          return [racer(setting, row, ports => undeleteBlob(ports, ref)), racer(setting, row, OTHERS[name])]
        }
        const orders = await interleave(begin, async () => {
          await assertSound(setting)
          const left = await setting.rowOf(ref)
          if (left?.state === 'sweeping') await takeUp(setting.undelete, left, true)
          setting.pass(SWEEP_SETTLES)
          await undeleteBlob(setting.undelete, ref)
          await assertSound(setting)
          const found = await setting.bucket.get(key)
          assert.ok(found && (await readAll(found.body)).toString() === CONTENT)
          assert.equal((await setting.rowOf(ref))?.state, 'archived')
        })
        test.diagnostic(`${orders} orders`)
        assert.ok(orders > 4)
      })
})
