import type { Ref } from '../ref.ts'

/**
 * How a blob directory names its files. Paths are relative to the directory, with `/`, and never absolute.
 * Every layout passes the same tests: `parse` is defined for exactly the paths that `format` makes.
 */
export interface Layout {
  readonly name: LayoutName
  /** How many directories stand between the blob directory and a blob's file. */
  readonly depth: number
  /** Whether files of this layout are an application's own, to be archived and released, or somebody's cache. */
  readonly owned: boolean
  format(ref: Ref): string
  parse(path: string): Ref | undefined
  /** Whether a directory on this level (from 0) may bear this name. */
  hasDirectory(level: number, name: string): boolean
}

export type LayoutName = 'bushy' | 'lawn' | 'zeocache'

/** ZODB's marker file, which names the layout. */
export const LAYOUT_MARKER = '.layout'

/** Our own corner of a volume: files on their way out or in. ZODB passes over names that are no oid. */
export const OWN_DIRECTORY = '.nice-blobs'

const PASSING_SUFFIX = /\.(?:lock|attempt|tmp|dl|spb)$/

/** What stands in blob directories without being a blob: ZODB's, ZEO's and RelStorage's own files, and ours. */
export function isPassedOver(name: string): boolean {
  return name === 'tmp' || name === 'lost+found' || name.startsWith('.') || PASSING_SUFFIX.test(name)
}
