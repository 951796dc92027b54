import { setTimeout as delay } from 'node:timers/promises'
import type { CachePaths } from './cache-paths.ts'
import { endTurn, lastProgress, startWorking, stopWorking, takeTurn } from './claims.ts'
import type { Claim } from './ledger.ts'
import type { LedgerFile } from './ledger-file.ts'

/** How long another's download may make no progress before whoever waits for it makes an own one beside it. */
const PATIENCE = 30_000
/** Milliseconds between looks at somebody else's claim. */
const WAITS = [5, 10, 20, ...Array(20).fill(40)]

/** The turns of one process, among those of all that share a cache directory. */
export interface Turns {
  /** The claim that is ours; `alone` after another's attempt came to nothing; undefined when the blob is there now. */
  awaitTurn(name: string): Promise<Claim | 'alone' | undefined>
  /** Likewise, for whoever waits for nobody: undefined, too, when it is another's turn. */
  tryTurn(name: string): Claim | undefined
  /** Ends our turn; never throws. */
  settle(name: string, claim: Claim | 'alone'): void
}

export function createTurns(paths: CachePaths, file: LedgerFile): Turns {
  const unsettled: [name: string, claim: Claim][] = []
  const take = (name: string) => file.use(ledger => ledger.transact(() => takeTurn(ledger, paths, name)))

  /** Waits until a claim is no more what it was, or so long that its process may have died. */
  async function changed(name: string, { claim }: Claim): Promise<void> {
    for (const wait of WAITS) {
      await delay(wait)
      const known = file.use(ledger => ledger.find(name))
      if (known === undefined || known === 'present' || known.claim !== claim) return
    }
  }

  /** What the ledger cannot be told now, it is told the next time: others wait for the end of a claim. */
  function settle(name: string, claim: Claim | 'alone'): void {
    if (claim === 'alone') return
    stopWorking(claim)
    try {
      file.use(ledger => ledger.transact(() => endTurn(ledger, paths, name, claim)))
    } catch {
      unsettled.push([name, claim])
    }
  }

  return {
    async awaitTurn(name) {
      let waitedFor: string | undefined
      for (;;) {
        for (const [other, ended] of unsettled.splice(0)) settle(other, ended)
        const turn = take(name)
        if (turn.turn === 'ours') {
          startWorking(turn.claim)
          return turn.claim
        }
        if (turn.turn !== 'theirs') return undefined
        waitedFor ??= turn.claim.claim
        if (waitedFor !== turn.claim.claim) return 'alone'
        if (Date.now() - lastProgress(paths, turn.claim) > PATIENCE) return 'alone'
        await changed(name, turn.claim)
      }
    },
    tryTurn(name) {
      const turn = take(name)
      if (turn.turn !== 'ours') return undefined
      startWorking(turn.claim)
      return turn.claim
    },
    settle,
  }
}
