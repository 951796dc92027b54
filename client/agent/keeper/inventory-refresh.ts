import { existsSync } from 'node:fs'
import { createGiveWay } from '../../../core/give-way.ts'
import { type Change, changesIn, FILLS_WITHIN } from '../../../core/volume/changes.ts'
import { directoriesAbove, type KnownDirectory } from '../../../core/volume/directory-time.ts'
import { EVERY_OID, oidsBelow } from '../../../core/volume/oid-range.ts'
import { scanVolume } from '../../../core/volume/scan.ts'
import { blobsOf, type ScanBatch } from '../../../core/volume/scan-batch.ts'
import { requireOwned, requireThere, type Volume } from '../../../core/volume/volume.ts'
import { bytesOf } from './inventory-blobs.ts'
import { type InventoryDatabase, STATE } from './inventory-database.ts'
import type { Directories } from './inventory-directories.ts'
import { createSeen } from './inventory-seen.ts'

const DIRECTORIES_AT_ONCE = 256

export interface RefreshOptions {
  /** Ends it early. What was found until then stays, even if it goes, until a scan is complete. */
  signal?: AbortSignal
  /** Shown all that a scan meets, strangers and empty leaves too. */
  visit?(batch: ScanBatch): void
}

export interface Refreshed {
  /** False when it was ended early. */
  complete: boolean
  added: number
  gone: number
}

interface RefreshParts {
  database: InventoryDatabase
  directories: Directories
  now(): number
}

/** Compares everything; the only one that finds new revisions of oids whose neighbours do not change. */
export async function scanInto(
  { database, directories, now }: RefreshParts,
  volume: Volume,
  { signal, visit }: RefreshOptions,
): Promise<Refreshed> {
  requireOwned(volume)
  requireThere(volume)
  const begun = now()
  const scannedBefore = database.sql('SELECT 1 FROM about WHERE last_scan IS NOT NULL').get() !== undefined
  const seen = createSeen(database, ref => !scannedBefore || existsSync(volume.pathOf(ref)))
  const giveWay = createGiveWay()
  const broken = () => ({ complete: false, ...seen.counts() })
  if (!(await stageDirectories(directories, volume, now, signal))) return broken()

  for await (const batch of scanVolume(volume)) {
    // Batches that came while one was worked on are there at once, without a turn for anybody in between.
    await giveWay()
    if (signal?.aborted) return broken()
    visit?.(batch)
    seen.see(blobsOf(batch))
    const unreadable = batch.strangers.filter(({ what }) => what === 'unreadable')
    seen.keep(unreadable.map(({ path }) => oidsBelow(volume.layout, path)))
    directories.stage(directoriesToReadAgain(batch, volume, now()))
  }
  if (signal?.aborted) return broken()
  // Of a volume that was unmounted meanwhile, nothing is gone.
  requireThere(volume)
  await seen.sweep(EVERY_OID)
  database.transact(() => {
    directories.endScan()
    database.sql(`UPDATE blob SET state = ${STATE.unknown}, code = NULL WHERE state = ${STATE.left}`).run()
    database.sql('UPDATE about SET last_scan = ?').run(begun)
  })
  return { complete: true, ...seen.counts() }
}

/** Before anything is scanned, so that whatever changes meanwhile shows in the next look. */
async function stageDirectories(
  directories: Directories,
  volume: Volume,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const giveWay = createGiveWay()
  let some: KnownDirectory[] = []
  directories.beginScan()
  for (const directory of directoriesAbove(volume, now)) {
    some.push(directory)
    if (some.length < DIRECTORIES_AT_ONCE) continue
    directories.stage(some)
    some = []
    await giveWay()
    if (signal?.aborted) return false
  }
  directories.stage(some)
  return true
}

/** What could not be read is looked at again, and so is a leaf whose file may be about to come. */
function directoriesToReadAgain({ strangers, emptyLeaves }: ScanBatch, { layout }: Volume, now: number) {
  const unsure = [
    ...strangers.filter(({ what }) => what === 'unreadable'),
    ...emptyLeaves.filter(({ since }) => now - since < FILLS_WITHIN),
  ]
  const aboveLeaves = (path: string) =>
    path
      .split('/')
      .slice(0, layout.depth - 1)
      .join('/')
  return unsure.map(({ path }): KnownDirectory => ({ path: aboveLeaves(path), time: undefined }))
}

/** Takes over what the times of directories tell of; without a complete scan before, that is nothing. */
export async function lookInto(
  { database, directories, now }: RefreshParts,
  volume: Volume,
  { signal }: RefreshOptions,
): Promise<Refreshed> {
  requireOwned(volume)
  const seen = createSeen(database, () => true)
  const known = {
    directories: directories.all,
    hasDirectory: directories.has,
    hasOid: (oid: string) => database.sql('SELECT 1 FROM blob WHERE oid = ?').get(bytesOf(oid)) !== undefined,
  }
  for await (const change of changesIn(volume, known, { now, signal })) {
    await apply(change, seen, directories)
  }
  return { complete: !signal?.aborted, ...seen.counts() }
}

async function apply(
  change: Change,
  seen: ReturnType<typeof createSeen>,
  directories: Directories,
): Promise<void> {
  if (change.what === 'blobs') seen.see(change.files)
  else if (change.what === 'unseen') seen.keep(change.oids)
  else if (change.what === 'read') {
    if (change.oids) await seen.sweep(change.oids)
    directories.remember(change.directory)
  } else {
    await seen.sweep(change.oids)
    directories.forget(change.path)
  }
}
