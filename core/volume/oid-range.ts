import type { Layout } from '../model/layout/layout.ts'
import type { HexId } from '../model/ref.ts'

/** All oids from the first to the last, both included. */
export interface OidRange {
  readonly first: HexId
  readonly last: HexId
}

export const EVERY_OID: OidRange = { first: '0'.repeat(16), last: 'f'.repeat(16) }

/**
 * Which oids can stand at or below a path of an owned layout, be it of a directory on any level or of a blob. Of a path
 * that the layout does not have: all of them.
 */
export function oidsBelow(layout: Layout, path: string): OidRange {
  const directories = path === '' ? [] : path.split('/').slice(0, layout.depth)
  if (directories.length === 0) return EVERY_OID
  const oidAt = (filler: string) => {
    const missing = Array.from({ length: layout.depth - directories.length }, () => filler)
    return layout.parse([...directories, ...missing, '0x00.blob'].join('/'))?.oid
  }
  const [first, last] = [oidAt('0x00'), oidAt('0xff')]
  return first === undefined || last === undefined ? EVERY_OID : { first, last }
}
