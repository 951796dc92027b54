import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY } from '../model/quantity.ts'
import type { Volume } from './volume.ts'

/** Removes what recalls left half fetched that were killed. A day old, since another host may be fetching right now. */
export async function removeStaleIncoming({ incomingDirectory }: Volume): Promise<void> {
  const names = await readdir(incomingDirectory).catch(() => [])
  for (const name of names) {
    const path = join(incomingDirectory, name)
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    )
    if (Date.now() - changed >= DAY) await rm(path, { force: true })
  }
}
