import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { loadConfig } from '../../core/load-config.ts'
import { defaultDatabase } from '../../core/model/config.ts'
import { EXIT } from '../../core/model/errors.ts'
import { type PlanReport, reportPlan } from '../../core/plan-report.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { chooseDatabase } from '../settings.ts'
import { loadPrices } from './load-prices.ts'
import {
  addConfigOptions,
  addPolicyOptions,
  applyOptions,
  type ConfigOptions,
  type Finish,
  jsonOption,
  type PolicyOptions,
  readDirectory,
} from './options.ts'

interface PlanOptions extends ConfigOptions, PolicyOptions {
  html?: string
  prices?: string
  json?: true
}

export function addPlan(program: Command, finish: Finish): void {
  const command = program
    .command('plan')
    .description('what could leave a volume, what that saves and costs; needs no account and touches nothing')
    .argument('<directory>', 'the blob directory', readDirectory)
    .option('--html <file>', 'write a page with plots')
    .option('--prices <file>', 'JSON with prices to use instead of the built-in table')
    .addOption(jsonOption())
    .action(async (directory: string, options: PlanOptions) => {
      const report = await plan(directory, options)
      await tellPlan(report, options)
      finish(report.strangers.unreadable > 0 ? EXIT.left : 0)
    })
  addPolicyOptions(addConfigOptions(command))
}

/** A file that changed a moment ago could leave too, only later: the plan looks further ahead than a run. */
async function plan(directory: string, options: PlanOptions): Promise<PlanReport> {
  const { archive } = options.config
    ? chooseDatabase(loadConfig(options.config), options.database).settings
    : defaultDatabase
  const policy = { ...applyOptions(archive, options), quiet: 0 }
  return reportPlan(openVolume(directory), policy, loadPrices(options.prices), Date.now())
}

async function tellPlan(report: PlanReport, options: PlanOptions): Promise<void> {
  if (options.html) {
    const { renderPlanPage } = await import('../report/plan-page.ts')
    await writeFile(options.html, renderPlanPage(report))
  }
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else {
    const { planText } = await import('./plan-text.ts')
    console.log(planText(report))
  }
}
