import { readFileSync } from 'node:fs'
import type { Service } from './process.ts'

/** Resident bytes of each, with the processes below it; 0 where there is none at the moment. */
export function memoryOf(
  services: Record<string, Pick<Service, 'child'> | undefined>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, residentBytes(service?.child.pid)]),
  )
}

/** Shared pages count by their share. */
function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0
  let own = 0
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const [, kilobytes = '0'] = /^Pss:\s+(\d+) kB$/m.exec(rollup) ?? []
    own = Number(kilobytes) * 1024
  } catch {
    // It has just ended, or is another user's.
  }
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), own)
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return children.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
