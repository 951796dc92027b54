import type { PloneSite } from '../../examples/plone/site.ts'

/** From where a blob came. `plone`: Plone sent what was on the host, and nobody was asked. */
export type Tier = 'volume' | 'cache' | 'bucket'

/** What the agent counts of the blobs that it handed out: for nginx, and for the storage wrapper, which asks for nothing that is on the host. */
export interface Counts {
  readonly delivered: Readonly<Record<Tier, number>>
  readonly read: Readonly<Record<Tier, number>>
  /** Requests that ended with an error, whatever its code. */
  readonly failed: number
}

export async function countTiers(site: Pick<PloneSite, 'askAgent'>): Promise<Counts> {
  const text = await site.askAgent('/metrics')
  const sum = (measure: string, label = '') =>
    [...text.matchAll(new RegExp(`^nice_blobs_${measure}\\{.*${label}.*\\} (\\d+)$`, 'gm'))].reduce(
      (total, [, count]) => total + Number(count),
      0,
    )
  const tiers = (measure: string, name: string) => ({
    volume: sum(measure, `${name}="volume"`),
    cache: sum(measure, `${name}="cache"`),
    bucket: sum(measure, `${name}="bucket"`),
  })
  return {
    delivered: tiers('deliveries_total', 'from'),
    read: tiers('reads_total', 'tier'),
    failed: sum('failures_total'),
  }
}

/** What was counted since. */
export function since(before: Counts, now: Counts): Counts {
  const less = (tiers: Counts['read'], by: Counts['read']) => ({
    volume: tiers.volume - by.volume,
    cache: tiers.cache - by.cache,
    bucket: tiers.bucket - by.bucket,
  })
  return {
    delivered: less(now.delivered, before.delivered),
    read: less(now.read, before.read),
    failed: now.failed - before.failed,
  }
}
