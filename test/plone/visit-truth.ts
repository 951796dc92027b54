import assert from 'node:assert/strict'
import type { Story } from './story.ts'
import { type Counts, countTiers, since } from './tiers.ts'
import { type Visit, visitAll } from './visit.ts'

export type Route = 'nginx' | 'zope'

/** Visits addresses, which have to answer what they always did; tells what the agent counted meanwhile. */
export async function visitTruth(
  story: Story,
  route: Route,
  addresses: readonly string[],
): Promise<{ visits: Visit[]; counted: Counts }> {
  const { site } = story
  const before = await countTiers(site)
  const visits = await visitAll(site.urls[route], addresses)
  requireTruth(story, visits)
  return { visits, counted: since(before, await countTiers(site)) }
}

/** Likewise by Zope alone, of what is on the host: the agent is asked for none of it. */
export async function visitUnasked(story: Story, addresses: readonly string[]): Promise<Visit[]> {
  const { visits, counted } = await visitTruth(story, 'zope', addresses)
  assert.deepEqual(counted.read, { volume: 0, cache: 0, bucket: 0 }, 'nobody is asked for what is here')
  return visits
}

/** Byte for byte, all of them. */
export function requireTruth({ truth }: Story, visits: readonly Visit[]): void {
  const wrong = visits.filter(({ path, status, sha256 }) => status !== 200 || sha256 !== truth.get(path))
  const told = wrong.map(({ path, status, bytes }) => `${status} ${path} (${bytes} bytes)`)
  assert.deepEqual(told.slice(0, 10), [], `${wrong.length} of ${visits.length} are not what they were`)
}
