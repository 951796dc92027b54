import type { BlobRow } from './blob-row.ts'
import { formatMoment } from './moment.ts'

/**
 * How an undelete goes about one blob (I5), by its row alone. Where the row is wrong about the bucket, whoever does it sees that: no
 * step here writes over an object (I3).
 */

/**
 * How long after a sweep another of its functions may place one more marker on what was brought back, in milliseconds: the quarter of an
 * hour that one can live, and what clocks differ.
 */
export const SWEEP_SETTLES = 20 * 60_000

/** How long garbage is kept, as it is deployed, in milliseconds. */
export interface Keeping {
  /** From condemned to swept, at the least. */
  readonly grace: number
  /** How long the bucket keeps what is swept. */
  readonly expiry: number
}

/**
 * `none`: it is not garbage · `revive`: its object is there · `restore`: an older version is copied onto its key · `search`: no row tells
 * what it is, so that its versions have to · `wait`: it is being swept.
 */
export interface UndeletePlan {
  readonly step: 'none' | 'revive' | 'restore' | 'search' | 'wait'
  /** For a person. */
  readonly reason: string
  /** How long it can be undone for sure, in milliseconds since 1970; undefined for as long as the bucket keeps the version. */
  readonly until?: number
}

/** `now` in milliseconds since 1970; without `keeping`, as on a host, nobody knows until when. */
export function planUndelete(row: BlobRow | undefined, now: number, keeping?: Keeping): UndeletePlan {
  if (!row) return { step: 'search', reason: 'not in the index: its versions are looked at' }
  if (row.state === 'archived') return { step: 'none', reason: 'it is archived' }
  if (row.state === 'sweeping') return { step: 'wait', reason: 'being swept at this moment' }
  if (row.state === 'condemned') return planRevival(row, keeping)
  return planRestoration(row.sweptAt ?? row.condemnedAt ?? 0, now, keeping)
}

function planRevival({ condemnedBy, condemnedAt = 0 }: BlobRow, keeping?: Keeping): UndeletePlan {
  const reason = `condemned ${formatMoment(condemnedAt)} by ${condemnedBy ?? 'nobody known'}`
  return { step: 'revive', reason, ...(keeping && { until: condemnedAt + keeping.grace + keeping.expiry }) }
}

/** Past the window it is tried all the same: the bucket's rules run late, and take years where somebody stopped them. */
export function planRestoration(sweptAt: number, now: number, keeping?: Keeping): UndeletePlan {
  const swept = `swept ${formatMoment(sweptAt)}`
  const settled = sweptAt + SWEEP_SETTLES
  if (now < settled)
    return { step: 'wait', reason: `${swept}; it can be undone from ${formatMoment(settled)}` }
  if (!keeping) return { step: 'restore', reason: swept }
  const until = sweptAt + keeping.expiry
  const late = now > until ? '; the time to undo it is over, and it is tried all the same' : ''
  return { step: 'restore', reason: swept + late, until }
}

/** As the bucket lists them. */
interface Listed {
  readonly versionId: string
  readonly marker: boolean
  readonly size: number
}

/** Which versions may be the blob, in the order in which they are asked, of those listed the newest first. */
export function versionsToTry<Version extends Listed>(
  listed: readonly Version[],
  row?: Pick<BlobRow, 'size' | 'versionId'>,
): Version[] {
  const possible = listed.filter(({ marker, size }) => !marker && (!row || size === row.size))
  const own = possible.filter(({ versionId }) => versionId === row?.versionId)
  return [...own, ...possible.filter(version => !own.includes(version))]
}
