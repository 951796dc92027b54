import type { CachePaths } from './cache-paths.ts'
import { collectDead } from './claims.ts'
import type { Claim, Ledger } from './ledger.ts'
import type { LedgerFile } from './ledger-file.ts'
import { makeRoom, type Room } from './make-room.ts'

/** How long a full disk counts as the limit, in milliseconds. */
const TIGHT = 600_000

/** The room in the cache that is promised before a byte is written. */
export interface Reservations {
  /** False when there cannot be so much; a ledger that cannot be written grants nothing. */
  reserve(name: string, claim: Claim, size: number): boolean
  /** A disk that is full before the limit is reached is the limit for a while. */
  respectDisk(error: unknown): void
}

export function createReservations(paths: CachePaths, file: LedgerFile, room: Room): Reservations {
  let tight = { limit: 0, until: 0 }
  const limitNow = () => (performance.now() < tight.until ? Math.min(room.limit, tight.limit) : room.limit)

  return {
    reserve(name, claim, size) {
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
    },
    respectDisk(error) {
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
      if (code !== 'ENOSPC' && code !== 'EDQUOT') return
      tight = { limit: file.use(ledger => ledger.bytes()), until: performance.now() + TIGHT }
    },
  }
}
