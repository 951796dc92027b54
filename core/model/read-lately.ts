import { DAY } from './quantity.ts'

/** Of a file, in milliseconds since 1970. */
export interface FileTimes {
  /** The last reading that the file system noted. */
  readonly atimeMs: number
  readonly mtimeMs: number
}

/** Whoever writes a blob looks at it: what is read so soon after its writing may never be read again. */
const SAME_USE = 60_000
/** Kernels that mount with `relatime` note one reading a day, so that it takes some days to tell what is read from what is not. */
const LATELY = 7 * DAY

/**
 * Whether somebody has read a file in the last days. Where readings are not noted (`noatime`), nobody has. A copy that
 * keeps the mtime, as `rsync -a` makes it, looks as if it had been read when it was made.
 */
export function wasReadLately({ atimeMs, mtimeMs }: FileTimes, now: number): boolean {
  // A file server's clock may be ahead of ours.
  return atimeMs - mtimeMs > SAME_USE && Math.abs(now - atimeMs) <= LATELY
}
