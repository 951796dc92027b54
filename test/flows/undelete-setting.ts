import type { BlobRow } from '../../core/model/blob-row.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { BlobUnavailable } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { DAY } from '../../core/model/quantity.ts'
import type { Ref } from '../../core/model/ref.ts'
import { createTallies } from '../../core/run.ts'
import type { Undelete, Undeleted } from '../../core/undelete.ts'
import { type Chosen, runUndelete } from '../../core/undelete-run.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryVersions } from '../memory/memory-versions.ts'
import { silent } from './setting.ts'

/** What undeletes are tested on: ports in memory with a clock of their own. */

export const REPORT = '03d167f919308700-0123456789abcdef'
export const KEEPING = { grace: 14 * DAY, expiry: 111 * DAY }

const BEGIN = Date.UTC(2026, 0, 1)

export function undeleteSetting() {
  let now = BEGIN
  const bucket = createMemoryBucket({ now: () => now })
  const index = createMemoryIndex()
  const versions = createMemoryVersions(bucket)
  const undelete: Undelete = { database: 'main', bucket, versions, index, now: () => now, keeping: KEEPING }

  async function put(ref: Ref, content: string) {
    const bytes = Buffer.from(content)
    const facts = factsOf(bytes, 'image/png')
    await bucket.put(blobKey('main', ref), facts, { open: () => bytes })
    const stored = await bucket.head(blobKey('main', ref))
    if (!stored) throw new Error('not stored')
    return { facts, stored }
  }

  /** As archiver, condemner and sweeper leave a blob, a day after each other. */
  async function plant(ref: Ref, state: BlobRow['state'], content = 'the blob'): Promise<BlobRow> {
    const { facts, stored } = await put(ref, content)
    const { versionId, lastModified: archivedAt } = stored
    now += DAY
    const condemned = { condemnedBy: REPORT, condemnedIn: '1', condemnedAt: now }
    if (state === 'swept' || state === 'sweeping') now += KEEPING.grace
    if (state === 'swept') await versions.mark(blobKey('main', ref))
    const row: BlobRow = {
      ...{ formatVersion: 1, database: 'main', oid: ref.oid, tid: ref.tid, ...facts },
      ...(versionId !== undefined && { versionId }),
      ...{ archivedAt, state },
      ...(state !== 'archived' && condemned),
      ...(state === 'swept' && { sweptAt: now }),
    }
    await index.insert(row)
    now += DAY
    return row
  }

  const tools = {
    put,
    plant,
    now: () => now,
    pass: (time: number) => {
      now += time
    },
    rowOf: async (ref: Ref) => (await index.find('main', [ref]))[0],
    /** How many versions there are with bytes. */
    copies: async (ref: Ref) =>
      (await versions.list(blobKey('main', ref))).filter(({ marker }) => !marker).length,
  }
  return { bucket, index, versions, undelete, ...tools }
}

/** What the command does, with one job at a time. */
export async function undeleteAll(undelete: Undelete, chosen: AsyncIterable<Chosen>) {
  const done: Undeleted[] = []
  const errors: NiceBlobsError[] = []
  const tallies = createTallies({ ...silent, failed: error => errors.push(error) })
  const undeleted = (_: Ref, one: Undeleted) => done.push(one)
  await runUndelete(undelete, chosen, { jobs: 1 }, { ...tallies, undeleted })
  const { outcomes } = tallies.summary
  return {
    done,
    errors,
    outcomes: Object.fromEntries(Object.entries(outcomes).map(([name, { blobs }]) => [name, blobs])),
  }
}

/** Every call of the ports is counted; the nth fails, before anything is done or after all of it. */
export function failing(undelete: Undelete, nth: number, side: 'before' | 'after') {
  let calls = 0
  const around = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const work = Reflect.get(target, name)
        if (typeof work !== 'function') return work
        return async (...words: unknown[]) => {
          calls += 1
          const mine = calls === nth
          if (mine && side === 'before') throw outage()
          const answer = await work.apply(target, words)
          if (mine) throw outage()
          return answer
        }
      },
    })
  const { bucket, versions, index } = undelete
  const ports = { bucket: around(bucket), versions: around(versions), index: around(index) }
  return { undelete: { ...undelete, ...ports }, reached: () => calls >= nth }
}

function outage(): BlobUnavailable {
  return new BlobUnavailable('SERVER_UNREACHABLE', 'an outage', { subject: 'port', hint: 'none' })
}
