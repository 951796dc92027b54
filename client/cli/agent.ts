import type { Command } from 'commander'
import { loadConfig } from '../../core/load-config.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import { printable } from '../../core/model/printable.ts'
import { interruptible } from './interrupt.ts'
import type { Finish } from './options.ts'

/** Between two lines about the same kind of trouble, in milliseconds: an outage is one trouble, not one per request. */
const QUIET = 10_000

export function addAgent(program: Command, finish: Finish): void {
  program
    .command('agent')
    .description('serve the blobs of this host on a unix socket, until it is told to end')
    .option(
      '-c, --config <file>',
      'the configuration (default: $NICE_BLOBS_CONFIG, ./nice-blobs.config.json)',
    )
    .option('--read-only', 'never write to the bucket or the index')
    .action(async (options: { config?: string; readOnly?: true }) => {
      await runAgent(options)
      finish(0)
    })
}

async function runAgent({ config, readOnly }: { config?: string; readOnly?: true }): Promise<void> {
  const { signal, done } = interruptible()
  const { startAgent } = await import('../agent/agent.ts')
  const agent = await startAgent(loadConfig(config), { readOnly: readOnly === true, tell: createTeller() })
  console.log(`serving ${printable(agent.socket)}`)
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
  await agent.close()
  done()
}

/** Says how often a trouble was not told, when it tells the next of its kind. */
function createTeller(): (trouble: NiceBlobsError) => void {
  const kinds = new Map<string, { told: number; untold: number }>()
  return ({ code, subject, message }) => {
    const now = performance.now()
    const kind = kinds.get(code) ?? { told: -QUIET, untold: 0 }
    kinds.set(code, kind)
    if (now - kind.told < QUIET) {
      kind.untold += 1
      return
    }
    const more = kind.untold > 0 ? ` (and ${kind.untold} more since)` : ''
    console.error(`${code}: ${printable(subject)}: ${printable(message)}${more}`)
    kinds.set(code, { told: now, untold: 0 })
  }
}
