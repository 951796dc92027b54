import { existsSync, realpathSync } from 'node:fs'
import type { Command } from 'commander'
import { planVolume, recoverVolume, runArchive, total, type VolumePlan } from '../../core/archive-run.ts'
import type { DatabaseConfig } from '../../core/model/config.ts'
import { EXIT, NiceBlobsError } from '../../core/model/errors.ts'
import { printable } from '../../core/model/printable.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import { openVolume } from '../../core/volume/volume.ts'
import {
  addConfigOptions,
  addPolicyOptions,
  applyOptions,
  type ConfigOptions,
  type Finish,
  jobsOption,
  jsonOption,
  type PolicyOptions,
  readDelay,
  readDirectory,
} from './options.ts'
import { tellRun } from './tell-run.ts'

const STRANGERS_SHOWN = 20

interface ArchiveOptions extends ConfigOptions, PolicyOptions {
  destroy?: true
  delay?: number
  dryRun?: true
  allowEmpty?: true
  json?: true
  jobs: number
}

export function addArchive(program: Command, finish: Finish): void {
  const command = program
    .command('archive')
    .description('upload blobs of a volume, verify them, and with -d release the volume’s copies')
    .argument('<directory>', 'the blob directory', readDirectory)
    .option(
      '-d, --destroy',
      'delete the volume’s copy of what is archived, once the release delay has passed',
    )
    .option('--delay <duration>', 'release delay instead of the configured one; 0s for at once', readDelay)
    .option('--allow-empty', 'archive empty files too, which are otherwise taken for traces of a crash')
    .option('-n, --dry-run', 'only tell what would be done')
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (directory: string, options: ArchiveOptions) => finish(await archive(directory, options)))
  addPolicyOptions(addConfigOptions(command))
}

async function archive(directory: string, options: ArchiveOptions): Promise<number> {
  const { connectArchive } = await import('./connect.ts')
  const { archive, settings } = connectArchive(options)
  const policy = applyOptions(settings.archive, options)
  if (options.allowEmpty) policy.allowEmpty = true
  const volume = openVolume(directory)
  requireVolumeOf(settings, directory)
  if (options.dryRun) {
    const plan = await planVolume(volume, policy, archive.now())
    tellPlan(plan, options)
    return leftStatus(plan)
  }
  const release = options.destroy
    ? { release: { ...settings.release, delay: options.delay ?? settings.release.delay } }
    : {}
  let left = 0
  const status = await tellRun('archiving', options.json === true, async (events, signal) => {
    await recoverVolume(volume, events.failed)
    const plan = await planVolume(volume, policy, archive.now(), signal)
    tellPlan(plan, options)
    left = leftStatus(plan)
    await runArchive(archive, volume, plan, { jobs: options.jobs, signal, ...release }, events)
  })
  return Math.max(status, left)
}

/** One slip of the directory would archive one database's blobs under another's name (I9). */
function requireVolumeOf({ volumes }: DatabaseConfig, directory: string): void {
  const known = Object.values(volumes).filter(volume => existsSync(volume))
  if (known.length === 0 || known.some(volume => realpathSync(volume) === realpathSync(directory))) return
  throw new NiceBlobsError('USAGE_WRONG', 'the directory is no volume of this database', {
    subject: directory,
    hint: `its volumes are ${known.join(', ')}; name another database, or add the directory to the configuration`,
  })
}

/** A file that should not be there is left where it is, and whoever runs this should know. */
function leftStatus(plan: VolumePlan): number {
  return plan.strangers.length > 0 || plan.kept.empty ? EXIT.left : 0
}

function tellPlan(plan: VolumePlan, { json, dryRun }: ArchiveOptions): void {
  if (json) tellPlanAsJson(plan, dryRun === true)
  else tellPlanAsText(plan, dryRun === true)
}

function tellPlanAsText(plan: VolumePlan, dryRun: boolean): void {
  const due = total(plan.due)
  const kept = Object.entries(plan.kept).map(
    ([reason, { blobs, bytes }]) => `, ${blobs} ${reason} (${formatBytes(bytes)})`,
  )
  console.log(`${due.blobs} due (${formatBytes(due.bytes)})${kept.join('')}`)
  for (const { path, what } of plan.strangers.slice(0, STRANGERS_SHOWN))
    console.log(`left alone: ${printable(path)} (${what})`)
  const more = plan.strangers.length - STRANGERS_SHOWN
  if (more > 0) console.log(`left alone: ${more} more; --json tells them all`)
  if (dryRun) for (const { ref, size } of plan.due) console.log(`would archive ${formatRef(ref)} ${size}`)
}

function tellPlanAsJson(plan: VolumePlan, dryRun: boolean): void {
  const write = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
  write({ event: 'plan', due: total(plan.due), kept: plan.kept, strangers: plan.strangers })
  if (dryRun) for (const { ref, size } of plan.due) write({ event: 'due', ref: formatRef(ref), bytes: size })
}
