import { type FileHandle, open, rename, utimes } from 'node:fs/promises'
import type { Ref } from '../../../core/model/ref.ts'
import type { Destination } from '../../../core/receive.ts'
import { withParent } from '../../../core/volume/with-parent.ts'
import { cacheName, cachePaths } from './cache-paths.ts'
import { temporaryOf } from './claims.ts'
import { createLedgerFile, unusable } from './ledger-file.ts'
import { linkTo } from './link-to.ts'
import type { Room } from './make-room.ts'
import { createReservations } from './reservations.ts'
import { createTurns } from './turns.ts'

/** How soon after its arrival a use counts as a second one: a page asks for the same image several times. */
export const SAME_USE = 60_000

/**
 * `must stay`: a path is wanted, which has to last for a minute at least. `may pass`: an open file is enough, so that
 * what does not fit need not stay.
 */
export type Stay = 'must stay' | 'may pass'

/** The blobs of one database in a directory that all processes of a host share. */
export interface Cache {
  /** The stable path of a ref (I12), whether anything is there or not. */
  pathOf(ref: Ref): string
  /** Makes the stable path lead to a volume's file. */
  link(ref: Ref, target: string): void
  /**
   * Has a blob fetched, unless another process is doing so already, for which it waits then. Answers an open file when the
   * blob has only passed. Throws CACHE_UNUSABLE where the cache itself is the trouble.
   */
  receive(
    ref: Ref,
    stay: Stay,
    fetch: (destination: Destination) => Promise<unknown>,
  ): Promise<FileHandle | undefined>
  /**
   * Takes a blob whose bytes are at hand, if it fits and nobody has it or is fetching it: whoever offers it waits for nobody.
   * Throws like `receive`.
   */
  offer(ref: Ref, size: number, fetch: (destination: Destination) => Promise<unknown>): Promise<void>
  /** What the cached blobs of all databases take; undefined where nobody can tell now. */
  bytes(): number | undefined
  /** Gives the ledger's file back; the next use opens it again. */
  close(): void
}

export interface CacheOptions extends Room {
  directory: string
}

/** Blobs of two buckets are never taken for each other, though their databases may bear one name, as a copy of a site does. */
export function createCache({ directory, ...room }: CacheOptions, bucket: string, database: string): Cache {
  const paths = cachePaths(directory)
  const file = createLedgerFile(paths)
  const nameOf = (ref: Ref) => cacheName(bucket, database, ref)
  const { awaitTurn, tryTurn, settle } = createTurns(paths, file)
  const { reserve, respectDisk } = createReservations(paths, file, room)
  let opened = false

  /** Also what takes more room than there is: the ledger has to know it, so that it goes first. */
  async function place(name: string, temporary: string, size: number): Promise<void> {
    const path = paths.pathOf(name)
    const now = Date.now()
    await utimes(temporary, now / 1000, now / 1000)
    await withParent(path, () => rename(temporary, path))
    try {
      file.use(ledger => ledger.transact(() => ledger.put(name, { size, seen: now + SAME_USE })))
    } catch {
      // It is in its place; the end of its claim will tell the ledger.
    }
  }

  return {
    pathOf: ref => paths.pathOf(nameOf(ref)),
    link(ref, target) {
      // Opened once, so that nothing is ever written into a directory that is not ours.
      if (!opened) file.use(() => {})
      opened = true
      linkTo(target, paths.pathOf(nameOf(ref)))
    },
    async receive(ref, stay, fetch) {
      const name = nameOf(ref)
      const claim = await awaitTurn(name)
      if (claim === undefined) return undefined
      const temporary = temporaryOf(paths, claim)
      let reserved = 0
      let fits = false
      let passing: FileHandle | undefined
      const destination: Destination = {
        temporary,
        reserve(size) {
          reserved = size
          fits = claim !== 'alone' && reserve(name, claim, size)
        },
        async publish() {
          if (fits || stay === 'must stay') await place(name, temporary, reserved)
          else passing = await open(temporary, 'r')
        },
      }
      try {
        await fetch(destination)
        settle(name, claim)
        return passing
      } catch (error) {
        await passing?.close()
        settle(name, claim)
        respectDisk(error)
        throw unusable(directory, error)
      }
    },
    async offer(ref, size, fetch) {
      const name = nameOf(ref)
      const claim = tryTurn(name)
      if (claim === undefined) return
      const temporary = temporaryOf(paths, claim)
      try {
        if (reserve(name, claim, size))
          await fetch({ temporary, publish: () => place(name, temporary, size) })
        settle(name, claim)
      } catch (error) {
        settle(name, claim)
        respectDisk(error)
        throw unusable(directory, error)
      }
    },
    bytes() {
      try {
        return file.use(ledger => ledger.bytes())
      } catch {
        return undefined
      }
    },
    close: file.close,
  }
}
