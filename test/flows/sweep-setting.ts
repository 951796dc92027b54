import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Archive, makeRow } from '../../core/archive.ts'
import { type BlobRow, sortKey } from '../../core/model/blob-row.ts'
import type { GarbagePolicy } from '../../core/model/garbage-policy.ts'
import { condemnRow, judgeRow, reviveRow } from '../../core/model/gc-rules.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { ReportRow } from '../../core/model/report-row.ts'
import type { DatabaseSweep } from '../../core/model/sweep-report.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { runSweep, type SweepStores } from '../../core/sweep.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'
import { createMemoryReports } from '../memory/memory-reports.ts'
import { createMemoryVersions } from '../memory/memory-versions.ts'
import { makeReport, plantReport, sha256 } from '../memory/plant-report.ts'
import { refNumber, scratch } from './setting.ts'

/** A database in memory whose garbage is swept: reports are planted as if the condemner had followed them. */

export const DAY = 86_400_000
export const LIFE = 900_000
export const GRACE = 14 * DAY
/** What every report names besides: a commit of its own time, which makes its horizon. */
const NEWEST = 4095

export type SweepSetting = ReturnType<typeof createSweepSetting>

export function createSweepSetting(test: TestContext, { versioned = true } = {}) {
  const time = { now: Date.UTC(2026, 10, 25, 3) }
  const now = () => time.now
  const bucket = createMemoryBucket({ now, versioned })
  const stores = {
    bucket,
    versions: createMemoryVersions(bucket),
    index: createMemoryIndex(),
    reports: createMemoryReports(),
  }
  const archive: Archive = { database: 'main', bucket, index: stores.index, now }
  const policy: GarbagePolicy = {
    formatVersion: 1,
    grace: GRACE,
    largestShare: 1,
    sweptPerRun: 1000,
    databases: { main: { generation: '1' } },
  }
  const directory = scratch(test)
  let reportsMade = 0

  async function addBlob(number: number, content = `blob ${number}`): Promise<Ref> {
    const ref = refNumber(number)
    const bytes = Buffer.from(content)
    const facts = { size: bytes.length, sha256: sha256(bytes), contentType: 'text/plain' }
    await bucket.put(blobKey('main', ref), facts, { open: () => bytes })
    const stored = await bucket.head(blobKey('main', ref))
    if (stored) await stores.index.insert(makeRow('main', ref, facts, stored))
    return ref
  }

  /** Stored, and written down as one in this state. */
  async function addReport(living: readonly Ref[], extra: Partial<ReportRow> = {}): Promise<ReportRow> {
    const unique = createHash('sha256').update(`${reportsMade++}`).digest('hex').slice(0, 16)
    const { generation = '1' } = extra
    const named = [...living, refNumber(NEWEST, timeToTid(time.now))]
    const made = makeReport(named, { unique, generation })
    const manifest = await plantReport(bucket, made)
    const row: ReportRow = {
      formatVersion: 1,
      database: 'main',
      report: manifest.report,
      revision: 1,
      state: 'done',
      generation,
      revisions: manifest.revisions,
      manifestSha256: sha256(Buffer.from(JSON.stringify(manifest))),
      storedAt: time.now,
      reasons: [],
      decidedAt: time.now,
      endedAt: time.now,
      ...extra,
    }
    await stores.reports.write(undefined, row)
    return row
  }

  /** Followed to its end, by the rules of the condemner. */
  async function follow(living: readonly Ref[], extra: Partial<ReportRow> = {}): Promise<ReportRow> {
    const report = await addReport(living, extra)
    const names = new Set(living.map(sortKey))
    for (const row of stores.index.rows.values()) {
      const verdict = judgeRow(row, names.has(sortKey(row)), report)
      if (verdict === 'condemned') await stores.index.replace(row, condemnRow(row, report))
      if (verdict === 'revived') await stores.index.replace(row, reviveRow(row))
    }
    return report
  }

  /** `garbage` condemned, the grace over, and a second report which does not name it either. */
  async function makeDue(garbage: readonly Ref[], living: readonly Ref[] = []): Promise<void> {
    await follow(living)
    for (const ref of garbage) if (stateOf(ref) !== 'condemned') throw new Error('not condemned')
    time.now += GRACE + DAY
    await follow(living)
  }

  const rowOf = (ref: Ref): BlobRow | undefined => stores.index.rows.get(`main#${sortKey(ref)}`)
  const stateOf = (ref: Ref) => rowOf(ref)?.state
  const versionsOf = (ref: Ref) => stores.versions.list(blobKey('main', ref))

  async function run(
    options: { dryRun?: boolean; life?: number; policy?: GarbagePolicy } = {},
    through: SweepStores = stores,
  ): Promise<DatabaseSweep[]> {
    const { dryRun = false, life = LIFE } = options
    return runSweep(through, options.policy ?? policy, { dryRun, life, scratch: directory, now })
  }

  /** Of the one database. */
  async function sweep(...words: Parameters<typeof run>): Promise<DatabaseSweep> {
    const [only] = await run(...words)
    if (!only) throw new Error('no database')
    return only
  }

  return {
    time,
    ...stores,
    stores,
    archive,
    policy,
    directory,
    ...{ addBlob, addReport, follow, makeDue, rowOf, stateOf, versionsOf, run, sweep },
  }
}

/** Under one marker, its version as it was. */
export async function requireSwept(
  { rowOf, versionsOf, bucket, time }: SweepSetting,
  ref: Ref,
): Promise<void> {
  const row = rowOf(ref)
  assert.equal(row?.state, 'swept')
  assert.ok(row.sweptAt !== undefined && row.sweptAt <= time.now)
  assert.equal(await bucket.head(blobKey('main', ref)), undefined)
  const kinds = (await versionsOf(ref)).map(({ marker, versionId }) => (marker ? 'marker' : versionId))
  assert.deepEqual(kinds, ['marker', row.versionId])
}

export async function requireUntouched({ versionsOf }: SweepSetting, ref: Ref): Promise<void> {
  const versions = await versionsOf(ref)
  assert.deepEqual(
    versions.map(({ marker, current }) => ({ marker, current })),
    [{ marker: false, current: true }],
  )
}
