import { join } from 'node:path'
import type { Ref } from '../../core/model/ref.ts'
import type { Destination } from '../../core/receive.ts'
import type { Tier } from './tier.ts'

/** The layout's version is part of every path, so that another one can live beside it. */
const LAYOUT_VERSION = 'v1'

/** A directory of one host for blobs that were fetched. Who fetches is the reader; this only names the places. */
export interface Cache extends Tier {
  destinationOf(ref: Ref): Destination
}

/** `/var/cache/nice-blobs/v1/main/d2/00000000000004d2-03d167f919308700.blob` */
export function createCache(directory: string, database: string): Cache {
  const root = join(directory, LAYOUT_VERSION, database)
  const pathOf = ({ oid, tid }: Ref) => `${root}/${oid.slice(-2)}/${oid}-${tid}.blob`
  return {
    name: 'cache',
    pathOf,
    destinationOf: ref => ({ path: pathOf(ref), staging: join(root, 'incoming'), present: 'replace' }),
  }
}
