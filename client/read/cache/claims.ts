import { randomUUID } from 'node:crypto'
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CachePaths } from './cache-paths.ts'
import type { Claim, Ledger } from './ledger.ts'
import { isAlive, OWN_NAME } from './process-name.ts'

/** How long a download may make no progress before it counts as dead, even where its process lives on or cannot be seen. */
const SILENCE = 600_000

/** What this process is really fetching: an end that could not be written down does not bind for ever. */
const underWay = new Set<string>()

/** One process fetches a blob, the others wait for it: whose turn it is, stands in the ledger. */
export type Turn = { turn: 'ours' | 'theirs'; claim: Claim } | { turn: 'nobody’s: it is there' }

export function takeTurn(ledger: Ledger, paths: CachePaths, name: string): Turn {
  const known = ledger.find(name)
  const stats = lstatSync(paths.pathOf(name), { throwIfNoEntry: false })
  if (stats?.isFile()) {
    if (known === undefined) ledger.put(name, { size: stats.size, seen: stats.atimeMs })
    return { turn: 'nobody’s: it is there' }
  }
  const before = known === 'present' ? undefined : known
  if (before && !isDead(paths, before)) return { turn: 'theirs', claim: before }
  if (before) removeTemporaries(paths, before)
  // A dead process's claim goes on under its name, so that those who wait for it wait on.
  const claim = { claim: before?.claim ?? randomUUID(), owner: OWN_NAME, since: Date.now() }
  ledger.put(name, { size: 0, seen: 0, claim })
  return { turn: 'ours', claim }
}

/** Ends a claim: what was published stays and counts, what was not, leaves no trace. */
export function endTurn(ledger: Ledger, paths: CachePaths, name: string, { claim }: Claim): void {
  const known = ledger.find(name)
  if (known === undefined || known === 'present' || known.claim !== claim) return
  const stats = lstatSync(paths.pathOf(name), { throwIfNoEntry: false })
  if (stats?.isFile()) ledger.put(name, { size: stats.size, seen: stats.atimeMs })
  else ledger.remove(name)
}

/** Said when the claim is surely in the ledger. */
export function startWorking({ claim }: Claim): void {
  underWay.add(claim)
}

/** Said in any case, before the ledger is told. */
export function stopWorking({ claim }: Claim): void {
  underWay.delete(claim)
}

/** What dead processes have reserved is free again; answers how many claims there were. */
export function collectDead(ledger: Ledger, paths: CachePaths): number {
  const dead = ledger.claims().filter(({ claim }) => isDead(paths, claim))
  for (const { name, claim } of dead) {
    removeTemporaries(paths, claim)
    endTurn(ledger, paths, name, claim)
  }
  return dead.length
}

/** Never the same for two downloads, not even of the same claim: whoever was taken for dead may still write. */
export function temporaryOf({ incoming }: CachePaths, claim: Claim | 'alone'): string {
  return join(incoming, `${claim === 'alone' ? claim : claim.claim}.${randomUUID()}.tmp`)
}

function temporariesOf({ incoming }: CachePaths, { claim }: Claim): string[] {
  const names = readdirSync(incoming).filter(name => name.startsWith(`${claim}.`))
  return names.map(name => join(incoming, name))
}

function removeTemporaries(paths: CachePaths, claim: Claim): void {
  for (const path of temporariesOf(paths, claim)) rmSync(path, { force: true })
}

function isDead(paths: CachePaths, claim: Claim): boolean {
  if (claim.owner.thread === OWN_NAME.thread) return !underWay.has(claim.claim)
  if (isAlive(claim.owner) === false) return true
  return Date.now() - lastProgress(paths, claim) > SILENCE
}

/** Milliseconds since 1970; what lies in the future was told by a wrong clock and is none. */
export function lastProgress(paths: CachePaths, claim: Claim): number {
  const written = temporariesOf(paths, claim).map(
    path => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  )
  return Math.max(0, ...[claim.since, ...written].filter(time => time <= Date.now() + 1_000))
}
