import type { ArchivePolicy } from './archive-policy.ts'
import { DAY } from './quantity.ts'
import { AGE_EDGES, SIZE_EDGES } from './volume-histogram.ts'

/** Above a GiB classes double too, so that what is left of a budget can be held against them. */
const LARGE_EDGES = Array.from({ length: 12 }, (_, power) => 2 ** (31 + power))

/**
 * Lower edges of the classes that a summary counts by: milliseconds and bytes. The thresholds of the policy are among them, so that what
 * is due can be told exactly.
 */
export function summaryEdges(policy: Pick<ArchivePolicy, 'minAge' | 'minSize'>): {
  ages: number[]
  sizes: number[]
} {
  const ages = AGE_EDGES.map(days => days * DAY)
  const sizes = [...SIZE_EDGES, ...LARGE_EDGES]
  return { ages: withEdge(ages, policy.minAge), sizes: withEdge(sizes, policy.minSize) }
}

function withEdge(edges: readonly number[], edge: number): number[] {
  return [...new Set([...edges, edge])].sort((a, b) => a - b)
}
