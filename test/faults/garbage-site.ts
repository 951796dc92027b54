import type { TestContext } from 'node:test'
import { makeRow } from '../../core/archive.ts'
import type { Condemner } from '../../core/condemn/condemner.ts'
import { workOff } from '../../core/condemn.ts'
import { sortKey } from '../../core/model/blob-row.ts'
import type { GarbageMessage } from '../../core/model/garbage-message.ts'
import type { GarbagePolicy } from '../../core/model/garbage-policy.ts'
import { blobKey } from '../../core/model/key.ts'
import { DAY } from '../../core/model/quantity.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import { runSweep } from '../../core/sweep.ts'
import { undeleteBlob } from '../../core/undelete.ts'
import { factsOf } from '../contract/bucket-contract.ts'
import { refNumber, scratch } from '../flows/setting.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryQueue } from '../memory/memory-queue.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'
import { createMemoryVersions } from '../memory/memory-versions.ts'
import { makeReport, type PlainReport, plantReport } from '../memory/plant-report.ts'
import { hexId } from './garbage/tids.ts'

export type GarbageSite = ReturnType<typeof createGarbageSite>

/** Two databases in one bucket, and everything that collects their garbage, in memory and with a clock of its own. */
export function createGarbageSite(test: TestContext) {
  let now = Date.UTC(2026, 0, 1)
  let made = 0
  const clock = () => now
  const bucket = createMemoryBucket({ now: clock })
  const index = createMemoryIndex()
  const reports = createMemoryReports()
  const queue = createMemoryQueue()
  const versions = createMemoryVersions(bucket)
  const directory = scratch(test)
  const policy: GarbagePolicy = {
    ...{ formatVersion: 1, grace: DAY, largestShare: 1, sweptPerRun: 1000 },
    databases: { main: { generation: '1' }, other: { generation: '1' } },
  }
  const condemner: Condemner = { bucket, index, reports, queue, policy, scratch: directory, now: clock }

  async function deliver(message: GarbageMessage): Promise<ReportRow | undefined> {
    let decided = await workOff(condemner, message)
    for (let work = queue.works.shift(); work; work = queue.works.shift())
      decided = (await workOff(condemner, { what: 'shard', work })) ?? decided
    return decided
  }

  /** An object without its row. */
  async function upload(ref: Ref, database = 'main', content = 'the blob') {
    const bytes = Buffer.from(content)
    const facts = factsOf(bytes, 'image/png')
    await bucket.put(blobKey(database, ref), facts, { open: () => bytes })
    const stored = await bucket.head(blobKey(database, ref))
    if (!stored) throw new Error('not stored')
    return makeRow(database, ref, facts, stored)
  }

  return {
    index,
    bucket,
    upload,
    /** Blob number n, written by transaction `tid`. */
    async archive(number: number, tid: number, database = 'main'): Promise<Ref> {
      const ref = refNumber(number, hexId(tid))
      await index.insert(await upload(ref, database))
      return ref
    },
    /** What a report of these refs and of a commit at its horizon comes to; `change`: what is wrong with it. */
    async report(
      living: readonly Ref[],
      horizon: number,
      {
        database = 'main',
        change = (report: PlainReport) => report as Parameters<typeof plantReport>[1],
      } = {},
    ) {
      now += 2 * DAY
      made += 1
      const named = [...living, refNumber(4095, hexId(horizon))]
      const planted = change(makeReport(named, { database, unique: hexId(made) }))
      const manifest = await plantReport(bucket, planted)
      return deliver({ what: 'manifest', database, report: manifest.report })
    },
    deliver,
    async sweep() {
      now += DAY
      const options = { dryRun: false, life: 900_000, scratch: directory, now: clock }
      return runSweep({ bucket, versions, index, reports }, policy, options)
    },
    undelete(ref: Ref) {
      now += DAY
      const archive = { database: 'main', bucket, index, now: clock }
      return undeleteBlob({ ...archive, versions, keeping: undefined }, ref)
    },
    rowOf: (ref: Ref, database = 'main') => index.rows.get(`${database}#${sortKey(ref)}`),
    stateOf: (ref: Ref, database = 'main') => index.rows.get(`${database}#${sortKey(ref)}`)?.state,
    isThere: async (ref: Ref, database = 'main') => (await bucket.head(blobKey(database, ref))) !== undefined,
  }
}
