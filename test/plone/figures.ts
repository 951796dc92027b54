import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatBytes } from '../../core/model/quantity.ts'
import type { Visit } from './visit.ts'

/** What the story measures, for its end. */
export interface Figures {
  /** Requests for blobs that were all in one tier: `nginx, volume`. */
  visited(route: string, visits: readonly Visit[]): void
  /** Bytes that places or processes have taken at a moment. */
  taken(moment: string, bytes: Readonly<Record<string, number>>): void
  /** Whatever else is worth a line. */
  say(line: string): void
  text(): string
}

export function createFigures(): Figures {
  const routes = new Map<string, Visit[]>()
  const moments: string[] = []
  const said: string[] = []
  return {
    visited(route, visits) {
      routes.set(route, [...(routes.get(route) ?? []), ...visits])
    },
    taken(moment, bytes) {
      const told = Object.entries(bytes).map(([name, count]) => `${name} ${formatBytes(count)}`)
      moments.push(`${moment.padEnd(34)} ${told.join(', ')}`)
    },
    say: line => said.push(line),
    text() {
      const rows = [...routes].map(([route, visits]) => rowOf(route, visits))
      return [HEAD, ...rows, '', ...moments, '', ...said].join('\n')
    },
  }
}

const HEAD = `${'from'.padEnd(34)} requests   p50 ms   p99 ms      bytes`

function rowOf(route: string, visits: readonly Visit[]): string {
  const times = visits.map(({ milliseconds }) => milliseconds)
  const bytes = formatBytes(visits.reduce((sum, visit) => sum + visit.bytes, 0))
  const columns = [
    String(visits.length).padStart(8),
    ...[50, 99].map(percent => percentile(times, percent).toFixed(1).padStart(8)),
    bytes.padStart(10),
  ]
  return `${route.padEnd(34)} ${columns.join(' ')}`
}

/** The smallest of the values that so many percent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN
}

/** Bytes that the files in a directory take on its disk; what links lead to is somewhere else. */
export function diskUsage(directory: string): number {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return paths.reduce((sum, path) => sum + blocksOf(join(directory, path)), 0)
}

const BLOCK = 512

/** Of a file that goes away meanwhile, none. */
function blocksOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? stats.blocks * BLOCK : 0
}
