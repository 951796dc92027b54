import { mkdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { BlobUnavailable, NiceBlobsError } from '../../../core/model/errors.ts'
import type { CachePaths } from './cache-paths.ts'
import { collectDead } from './claims.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { requireOwnDirectory } from './own-directory.ts'
import { scanCache } from './scan-cache.ts'

/** SQLite's codes for a file that is no ledger, or is one no more: CORRUPT, NOTADB. */
const DAMAGED = [11, 26]

const BUSY = 5
/** Milliseconds in which nobody waits once more for a ledger that somebody holds. */
const REST = 1_000

/** The ledger in its file, which may be lost, replaced or damaged at any time: it is then made again. */
export interface LedgerFile {
  /** Throws CACHE_UNUSABLE where there can be none now. */
  use<T>(work: (ledger: Ledger) => T): T
}

export function createLedgerFile(paths: CachePaths): LedgerFile {
  let opened: { ledger: Ledger; inode: number } | undefined
  let restUntil = 0

  function current(): Ledger {
    const stats = statSync(paths.ledger, { throwIfNoEntry: false })
    if (opened && opened.inode === stats?.ino) return opened.ledger
    close()
    requireOwnDirectory(paths)
    mkdirSync(paths.incoming, { recursive: true, mode: 0o700 })
    // The log of a ledger that is lost would be taken for a part of the new one.
    if (!stats || wasEmptied(stats)) removeLedger(paths)
    const ledger = openLedger(paths.ledger, made => scanCache(paths, made))
    opened = { ledger, inode: inodeOf(paths.ledger) ?? 0 }
    ledger.transact(() => collectDead(ledger, paths, Date.now()))
    return ledger
  }

  function close(): void {
    opened?.ledger.close()
    opened = undefined
  }

  /** Unless another process has replaced it already. */
  function discard(): void {
    const replaced = opened && opened.inode !== inodeOf(paths.ledger)
    close()
    if (!replaced) removeLedger(paths)
  }

  return {
    use(work) {
      if (Date.now() < restUntil) throw unusable(paths.directory, heldTooLong())
      try {
        try {
          return work(current())
        } catch (error) {
          if (!DAMAGED.includes(errcodeOf(error))) throw error
          discard()
          return work(current())
        }
      } catch (error) {
        if (errcodeOf(error) === BUSY) restUntil = Date.now() + REST
        throw unusable(paths.directory, error)
      }
    },
  }
}

function removeLedger({ ledger }: CachePaths): void {
  for (const path of [ledger, `${ledger}-wal`, `${ledger}-shm`]) rmSync(path, { force: true })
}

/** Not one that another process is making this very moment. */
function wasEmptied({ size, mtimeMs }: Stats): boolean {
  return size === 0 && Date.now() - mtimeMs > REST
}

function errcodeOf(error: unknown): number {
  return (error as { errcode?: number }).errcode ?? 0
}

function heldTooLong(): Error {
  return Object.assign(new Error('another process holds the ledger'), { code: 'EBUSY' })
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
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
