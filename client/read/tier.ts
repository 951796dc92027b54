import { existsSync } from 'node:fs'
import type { Ref } from '../../core/model/ref.ts'

/** A place on this host where a blob may be a file. */
export interface Tier {
  readonly name: 'volume' | 'cache'
  /** The path where the blob would be; no promise that it is there. */
  pathOf(ref: Ref): string
}

export interface Located {
  path: string
  tier: 'volume' | 'cache' | 'bucket'
}

/**
 * The first tier that has the blob. Asked synchronously: for a file that is there, the kernel's answer takes a few
 * microseconds, a turn through the thread pool a hundred.
 */
export function locate(tiers: readonly Tier[], ref: Ref): Located | undefined {
  for (const { name, pathOf } of tiers) {
    const path = pathOf(ref)
    if (existsSync(path)) return { path, tier: name }
  }
  return undefined
}
