import { type FileHandle, open, rename, utimes } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ref } from '../../../core/model/ref.ts'
import type { Destination } from '../../../core/receive.ts'
import { withParent } from '../../../core/volume/with-parent.ts'
import { cacheName, cachePaths } from './cache-paths.ts'
import {
  collectDead,
  endTurn,
  lastProgress,
  startWorking,
  stopWorking,
  takeTurn,
  temporaryOf,
} from './claims.ts'
import type { Claim, Ledger } from './ledger.ts'
import { createLedgerFile, unusable } from './ledger-file.ts'
import { linkTo } from './link-to.ts'
import { makeRoom, type Room } from './make-room.ts'

/** How soon after its arrival a use counts as a second one: a page asks for the same image several times. */
export const SAME_USE = 60_000
/** How long a full disk counts as the limit, in milliseconds. */
const TIGHT = 600_000
/** How long another's download may make no progress before whoever waits for it makes an own one beside it. */
const PATIENCE = 30_000
/** Milliseconds between looks at somebody else's claim. */
const WAITS = [5, 10, 20, ...Array(20).fill(40)]

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
  const unsettled: [name: string, claim: Claim][] = []
  let opened = false
  let tight = { limit: 0, until: 0 }

  /** The claim that is ours; `alone` after another's attempt came to nothing; undefined when the blob is there now. */
  async function awaitTurn(name: string): Promise<Claim | 'alone' | undefined> {
    let waitedFor: string | undefined
    for (;;) {
      for (const [other, ended] of unsettled.splice(0)) settle(other, ended)
      const turn = file.use(ledger => ledger.transact(() => takeTurn(ledger, paths, name)))
      if (turn.turn === 'ours') {
        startWorking(turn.claim)
        return turn.claim
      }
      if (turn.turn !== 'theirs') return undefined
      waitedFor ??= turn.claim.claim
      if (waitedFor !== turn.claim.claim) return 'alone'
      if (Date.now() - lastProgress(paths, turn.claim) > PATIENCE) return 'alone'
      await changed(name, turn.claim)
    }
  }

  /** Waits until a claim is no more what it was, or so long that its process may have died. */
  async function changed(name: string, { claim }: Claim): Promise<void> {
    for (const wait of WAITS) {
      await delay(wait)
      const known = file.use(ledger => ledger.find(name))
      if (known === undefined || known === 'present' || known.claim !== claim) return
    }
  }

  /** A ledger that cannot be written grants nothing. */
  function reserve(name: string, claim: Claim, size: number): boolean {
    const makeRoomFor = (ledger: Ledger) =>
      makeRoom(ledger, paths, size, { ...room, limit: limitNow() }, Date.now())
    try {
      return file.use(ledger =>
        ledger.transact(() => {
          ledger.remove(name)
          const collected = () => collectDead(ledger, paths) > 0
          const granted = makeRoomFor(ledger) || (collected() && makeRoomFor(ledger))
          ledger.put(name, { size: granted ? size : 0, seen: 0, claim })
          return granted
        }),
      )
    } catch {
      return false
    }
  }

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

  /** What the ledger cannot be told now, it is told the next time: others wait for the end of a claim. */
  function settle(name: string, claim: Claim | 'alone'): void {
    if (claim === 'alone') return
    stopWorking(claim)
    try {
      file.use(ledger => ledger.transact(() => endTurn(ledger, paths, name, claim)))
    } catch {
      unsettled.push([name, claim])
    }
  }

  /** A disk that is full before the limit is reached is the limit for a while. */
  function respectDisk(error: unknown): void {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') return
    tight = { limit: file.use(ledger => ledger.bytes()), until: performance.now() + TIGHT }
  }

  const limitNow = () => (performance.now() < tight.until ? Math.min(room.limit, tight.limit) : room.limit)

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
      const turn = file.use(ledger => ledger.transact(() => takeTurn(ledger, paths, name)))
      if (turn.turn !== 'ours') return
      const { claim } = turn
      const temporary = temporaryOf(paths, claim)
      startWorking(claim)
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
