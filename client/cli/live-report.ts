import { tmpdir } from 'node:os'
import type { Command } from 'commander'
import { sendReport } from '../../core/live-report.ts'
import { EXIT, NiceBlobsError } from '../../core/model/errors.ts'
import { tidToTime } from '../../core/model/tid.ts'
import { interruptible } from './interrupt.ts'
import { addConfigOptions, type ConfigOptions, type Finish, jsonOption, readDirectory } from './options.ts'

interface LiveReportOptions extends ConfigOptions {
  scratch: string
  json?: true
}

export function addLiveReport(program: Command, finish: Finish): void {
  const command = program
    .command('live-report')
    .description('tell the bucket, after a pack, which revisions the database keeps: from standard input')
    .option('--scratch <directory>', 'room for 32 bytes for each line while it runs', readDirectory, tmpdir())
    .addOption(jsonOption())
    .action(async (options: LiveReportOptions) => finish(await liveReport(options)))
    .addHelpText(
      'after',
      '\nA line for each revision, blob or not, in any order: <oid> <tid>, 16 lower-case hex digits each;\nat the end: end <how many lines>. All of one snapshot.',
    )
  addConfigOptions(command)
}

async function liveReport({ scratch, json, ...options }: LiveReportOptions): Promise<number> {
  requireInput()
  const { connectOrigin } = await import('./connect.ts')
  const { origin, settings } = connectOrigin(options)
  const { signal, done } = interruptible()
  // Whoever writes to us may have nothing to say for long.
  signal.addEventListener('abort', () => process.stdin.destroy())
  try {
    const site = { ...origin, generation: settings.generation, scratch, now: Date.now }
    const sent = await sendReport(site, process.stdin, signal)
    if (json) process.stdout.write(`${JSON.stringify({ event: 'sent', ...sent })}\n`)
    else {
      const horizon = `${sent.horizon} (${new Date(tidToTime(sent.horizon)).toISOString()})`
      console.log(`live report ${sent.report} of ${sent.database}: ${sent.revisions} revisions`)
      console.log(`generation ${sent.generation}, horizon ${horizon}`)
    }
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    process.stderr.write('interrupted; no report was sent\n')
    return EXIT.interrupted
  } finally {
    done()
  }
}

function requireInput(): void {
  if (!process.stdin.isTTY) return
  throw new NiceBlobsError('USAGE_WRONG', 'the revisions are read from standard input', {
    subject: 'live-report',
    hint: 'pipe into it what lists them, such as a query: docs/formats.md, “Live report”',
  })
}
