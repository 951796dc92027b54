import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { BlobUnavailable, NiceBlobsError } from '../../../core/model/errors.ts'
import { PRIVATE_DIRECTORY } from '../../../core/volume/with-parent.ts'
import { withHostLock } from '../../host-lock.ts'
import { BUSY, errorKind, isUnreadable, removeDatabase } from '../../sqlite.ts'
import type { CachePaths } from './cache-paths.ts'
import { collectDead } from './claims.ts'
import { type Ledger, makeLedger, openLedger } from './ledger.ts'
import { requireOwnDirectory } from './own-directory.ts'
import { scanCache } from './scan-cache.ts'

/** Milliseconds in which nobody waits once more for a ledger that somebody holds. */
const REST = 5_000
/** Milliseconds to wait for whoever replaces the ledger, which takes two calls to the disk. */
const PATIENCE = 2_000
/** Older than any ledger that somebody is still making. */
const LEFT_BEHIND = 600_000

/** The ledger in its file, which may be lost, replaced or damaged at any time: it is then made again. */
export interface LedgerFile {
  /** Throws CACHE_UNUSABLE where there can be none now. */
  use<T>(work: (ledger: Ledger) => T): T
  /** Until the next use. */
  close(): void
}

/**
 * The ledger's path is a link to a file with a name of its own, made whole before the link appears. So a new ledger never
 * meets the log of an older one, and of several processes that make one, one is first.
 */
export function createLedgerFile(paths: CachePaths): LedgerFile {
  let opened: { ledger: Ledger; name: string } | undefined
  let restUntil = 0

  function current(): Ledger {
    const name = nameOf(paths)
    if (opened && opened.name === name) return opened.ledger
    close()
    requireOwnDirectory(paths)
    mkdirSync(paths.incoming, { recursive: true, mode: PRIVATE_DIRECTORY })
    const found = name ?? makeGeneration(paths)
    opened = { ledger: openLedger(join(paths.root, found)), name: found }
    const { ledger } = opened
    ledger.transact(() => collectDead(ledger, paths))
    return ledger
  }

  function close(): void {
    const { ledger } = opened ?? {}
    opened = undefined
    try {
      ledger?.close()
    } catch {
      // What it could not write at its end, the next scan finds.
    }
  }

  /** Unless another process has replaced it already. */
  function discard(): void {
    const name = opened?.name ?? nameOf(paths)
    close()
    withHostLock(paths.ledgerLock, PATIENCE, () => {
      if (nameOf(paths) === name) rmSync(paths.ledger, { force: true })
    })
  }

  return {
    use(work) {
      if (performance.now() < restUntil) throw unusable(paths.directory, heldTooLong())
      try {
        try {
          return work(current())
        } catch (error) {
          if (!isUnreadable(error)) throw error
          discard()
          return work(current())
        }
      } catch (error) {
        if (errorKind(error) === BUSY) restUntil = performance.now() + REST
        throw unusable(paths.directory, error)
      }
    },
    close,
  }
}

/** Undefined where there is no ledger, or none any more. */
function nameOf({ ledger }: CachePaths): string | undefined {
  try {
    const name = basename(readlinkSync(ledger))
    return statSync(ledger, { throwIfNoEntry: false }) && name
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // EINVAL: something that is no link has its name.
    if (code !== 'ENOENT' && code !== 'EINVAL') throw error
    return undefined
  }
}

/** Answers whichever became the ledger: ours, or that of a process that was faster. */
function makeGeneration(paths: CachePaths): string {
  const name = `${basename(paths.ledger)}.${randomUUID()}`
  removeLeftBehind(paths)
  makeLedger(join(paths.root, name), ledger => scanCache(paths, ledger))
  try {
    const first = withHostLock(paths.ledgerLock, PATIENCE, () => linkUnlessLinked(paths, name))
    if (first !== name) removeDatabase(join(paths.root, name))
    return first
  } catch (error) {
    removeDatabase(join(paths.root, name))
    throw error
  }
}

/** What leads to nothing is replaced; looked at and replaced by one process at a time, lest a new one be taken for it. */
function linkUnlessLinked(paths: CachePaths, name: string): string {
  const other = nameOf(paths)
  if (other !== undefined) return other
  rmSync(paths.ledger, { force: true })
  symlinkSync(name, paths.ledger)
  return name
}

function removeLeftBehind(paths: CachePaths): void {
  const directory = dirname(paths.ledger)
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(`${basename(paths.ledger)}.`) || name === nameOf(paths)) continue
    const path = join(directory, name)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats && Date.now() - stats.mtimeMs > LEFT_BEHIND) removeDatabase(path)
  }
}

function heldTooLong(): Error {
  return Object.assign(new Error('another process holds the ledger'), { code: 'EBUSY' })
}

/** The disk's and the ledger's troubles as one that a reader can get around; any other error as it is. */
export function unusable(subject: string, cause: unknown): unknown {
  const { code } = cause as { code?: string }
  const ofTheCache = cause instanceof NiceBlobsError ? code === 'TARGET_UNWRITABLE' : code !== undefined
  if (!ofTheCache) return cause
  return new BlobUnavailable('CACHE_UNUSABLE', `the cache cannot be used (${(cause as Error).message})`, {
    subject,
    hint: 'check its disk and the rights of this user; blobs can still be opened and streamed, only slower',
    cause,
  })
}
