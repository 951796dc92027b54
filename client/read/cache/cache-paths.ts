import { join } from 'node:path'
import type { Ref } from '../../../core/model/ref.ts'

/** The layout's version is part of every path, so that another one can live beside it. */
const LAYOUT_VERSION = 'v1'
const NAME = /^[^/]+\/[a-z0-9-]+\/[0-9a-f]{2}\/[0-9a-f]{16}-[0-9a-f]{16}\.blob$/

/** Every path in a cache directory is made here (docs/formats.md, "Files on a host"). */
export interface CachePaths {
  readonly directory: string
  /** Says that the directory is a cache of ours. */
  readonly marker: string
  readonly root: string
  readonly ledger: string
  /** Held by whoever replaces the ledger. */
  readonly ledgerLock: string
  /** Where arriving bytes are verified before they get their name. */
  readonly incoming: string
  /** What an agent knows of a volume: `/var/cache/nice-blobs/v1/.inventory/main.blobs.sqlite` */
  inventoryOf(database: string, volume: string): string
  /** `/var/cache/nice-blobs/v1/` + `example-blobs/main/d2/00000000000004d2-03d167f919308700.blob` */
  pathOf(name: string): string
}

export function cachePaths(directory: string): CachePaths {
  const root = join(directory, LAYOUT_VERSION)
  return {
    directory,
    marker: join(directory, '.nice-blobs-cache'),
    root,
    ledger: join(root, '.ledger.sqlite'),
    ledgerLock: join(root, '.ledger.lock'),
    incoming: join(root, '.incoming'),
    inventoryOf: (database, volume) => join(root, '.inventory', `${database}.${volume}.sqlite`),
    pathOf: name => `${root}/${name}`,
  }
}

/** What the ledger calls a blob, and its path below the root: `example-blobs/main/d2/00000000000004d2-03d167f919308700.blob`. */
export function cacheName(bucket: string, database: string, { oid, tid }: Ref): string {
  return `${encodeURIComponent(bucket)}/${database}/${oid.slice(-2)}/${oid}-${tid}.blob`
}

export function isCacheName(name: string): boolean {
  return NAME.test(name)
}
