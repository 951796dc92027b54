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

/** Byte for byte, all of them. */
export function requireTruth({ truth }: Story, visits: readonly Visit[]): void {
  const wrong = visits.filter(({ path, status, sha256 }) => status !== 200 || sha256 !== truth.get(path))
  const told = wrong.map(({ path, status, bytes }) => `${status} ${path} (${bytes} bytes)`)
  assert.deepEqual(told.slice(0, 10), [], `${wrong.length} of ${visits.length} are not what they were`)
}
