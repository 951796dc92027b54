import type { Lifetimes } from './distribution.ts'

export type Headers = Readonly<Record<string, string>>

/** What is known of an object, in pieces: a range is kept as well as the whole. */
export interface Entry {
  /** Of the whole object: nothing about a range. */
  readonly headers: Headers
  readonly size: number
  /** Milliseconds since 1970. */
  readonly storedAt: number
  readonly expiresAt: number
  readonly pieces: readonly Piece[]
}

export interface Piece {
  readonly start: number
  readonly bytes: Buffer
}

/** The cache of one edge location: no more bytes than it has room for, what was used longest ago leaves first. */
export class Cache {
  readonly #room: number
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  #size = 0

  constructor(room: number, now: () => number) {
    this.#room = room
    this.#now = now
  }

  /** Bigger pieces are not kept: one would drive out everything else. */
  get largestPiece(): number {
    return this.#room / 4
  }

  find(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.expiresAt > this.#now()) this.#entries.set(key, entry)
    else this.#size -= sizeOf(entry)
    return entry.expiresAt > this.#now() ? entry : undefined
  }

  keep(key: string, found: Pick<Entry, 'headers' | 'size'>, piece: Piece, lifetimes: Lifetimes): void {
    const lifetime = lifetimeOf(found.headers, lifetimes)
    if (lifetime <= 0 || piece.bytes.length > this.largestPiece) return
    const known = this.find(key)
    const same = known?.headers.etag === found.headers.etag ? known : undefined
    const storedAt = this.#now()
    const entry = same ?? { ...found, storedAt, expiresAt: storedAt + lifetime * 1000, pieces: [] }
    const others = entry.pieces.filter(each => !covers(piece, each))
    this.forget(each => each === key)
    this.#entries.set(key, { ...entry, pieces: [...others, piece] })
    this.#size += sizeOf({ pieces: [...others, piece] })
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#room) break
      this.forget(each => each === oldest)
    }
  }

  forget(which: (key: string) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (!which(key)) continue
      this.#entries.delete(key)
      this.#size -= sizeOf(entry)
    }
  }
}

/** `end` is the last byte itself; undefined where no single piece has them all. */
export function bytesOf({ pieces }: Entry, start: number, end: number): Buffer | undefined {
  const piece = pieces.find(each => each.start <= start && end < each.start + each.bytes.length)
  return piece?.bytes.subarray(start - piece.start, end - piece.start + 1)
}

/** In seconds. */
function lifetimeOf(headers: Headers, { min, default: usual, max }: Lifetimes): number {
  const said = headers['cache-control'] ?? ''
  if (/\b(no-store|no-cache|private)\b/.test(said)) return min
  const [, age] = /\bs-maxage=(\d+)/.exec(said) ?? /\bmax-age=(\d+)/.exec(said) ?? []
  return age === undefined ? Math.max(min, usual) : Math.min(Math.max(min, Number(age)), max)
}

function covers(piece: Piece, other: Piece): boolean {
  return piece.start <= other.start && other.start + other.bytes.length <= piece.start + piece.bytes.length
}

function sizeOf({ pieces }: Pick<Entry, 'pieces'>): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
