import type { Command } from 'commander'
import type { Verdict } from '../../core/model/verdict.ts'
import type { GarbageOptions } from './gc-reports.ts'
import { addConfigOptions, type Finish, jsonOption } from './options.ts'

const DECISIONS: readonly [Verdict, string][] = [
  ['approve', 'let a report that waits be followed'],
  ['reject', 'have a report never followed, which lets sweeping go on'],
]

export function addGarbage(program: Command, finish: Finish): void {
  const gc = program
    .command('gc')
    .description('live reports: what is known of them, and what a person decides')
  const add = (words: string, description: string) =>
    addConfigOptions(gc.command(words).description(description).addOption(jsonOption()))

  add('list', 'all live reports, the last first').action(async (options: GarbageOptions) => {
    const { listGarbage } = await import('./gc-reports.ts')
    finish(await listGarbage(options))
  })
  add('show <id>', 'one report: why it waits, how far it is, what it condemns').action(
    async (report: string, options: GarbageOptions) => {
      const { showReport } = await import('./gc-reports.ts')
      finish(await showReport(report, options))
    },
  )
  for (const [verdict, description] of DECISIONS)
    add(`${verdict} <id>`, description).action(async (report: string, options: GarbageOptions) => {
      const { decide } = await import('./gc-reports.ts')
      finish(await decide(report, verdict, options))
    })
}
