import { existsSync, realpathSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { Command } from 'commander'
import type { DatabaseConfig } from '../../core/model/config.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { blobKey } from '../../core/model/key.ts'
import { parseRef, type Ref } from '../../core/model/ref.ts'
import type { Origin } from '../../core/recall.ts'
import { countBlobs, listBlobs, type Recallable, runRecall } from '../../core/recall-run.ts'
import { missing } from '../../core/receive.ts'
import { openSums } from '../../core/volume/sums.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import {
  addConfigOptions,
  type ConfigOptions,
  type Finish,
  jobsOption,
  jsonOption,
  readDirectory,
} from './options.ts'
import { tellRun } from './tell-run.ts'

interface RecallCommandOptions extends ConfigOptions {
  all?: true
  to?: string
  volume?: string
  verify?: true
  json?: true
  jobs: number
}

export function addRecall(program: Command, finish: Finish): void {
  const command = program
    .command('recall')
    .description('bring archived blobs back into the volume, or with --to into a copy on any mount')
    .argument('[refs...]', 'oid/tid of single blobs')
    .option('--all', 'every blob of the database')
    .option('--to <directory>', 'instead of the volume: only what is not there yet is fetched', readDirectory)
    .option('--volume <name>', 'which volume, where the database has several')
    .option('--verify', 'hash what is there already, instead of comparing sizes')
    .addOption(jobsOption())
    .addOption(jsonOption())
    .action(async (refs: string[], options: RecallCommandOptions) => finish(await recall(refs, options)))
  addConfigOptions(command)
}

async function recall(texts: readonly string[], options: RecallCommandOptions): Promise<number> {
  if (texts.length === 0 && !options.all) throw usage('say which blobs, or --all')
  const refs = texts.map(parseRef)
  const { connectOrigin } = await import('./connect.ts')
  const { origin, settings } = connectOrigin(options)
  const volume = options.to
    ? await openCopy(options.to, settings)
    : openVolume(chooseVolume(settings.volumes, options.volume))

  return tellRun('recalling', options.json === true, (events, signal) => {
    const total = options.all && !options.json ? { total: countBlobs(origin, signal) } : {}
    const sums = options.to ? { sums: openSums(volume) } : {}
    const run = { jobs: options.jobs, verify: options.verify === true, signal, ...total, ...sums }
    const blobs = options.all ? listBlobs(origin, events.failed) : named(origin, refs)
    return runRecall(origin, volume, blobs, run, events)
  })
}

async function* named({ bucket, database }: Origin, refs: readonly Ref[]): AsyncGenerator<Recallable> {
  for (const ref of refs) {
    const key = blobKey(database, ref)
    const stored = await bucket.head(key)
    if (!stored) throw missing(ref, key)
    yield { ref, size: stored.size }
  }
}

async function openCopy(directory: string, settings: DatabaseConfig): Promise<Volume> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  requireNoVolume(directory, settings)
  return openVolume(directory)
}

/** Releases and packs delete in it, which a copy is for to outlive. */
function requireNoVolume(directory: string, { volumes }: DatabaseConfig): void {
  const real = realpathSync(directory)
  if (!Object.values(volumes).some(volume => existsSync(volume) && realpathSync(volume) === real)) return
  throw new NiceBlobsError(
    'USAGE_WRONG',
    'the directory is a volume of this database, and can be no copy of it',
    {
      subject: directory,
      hint: 'name another one; without --to the blobs are brought back into the volume',
    },
  )
}

function chooseVolume(volumes: Readonly<Record<string, string>>, name?: string): string {
  const names = Object.keys(volumes)
  const chosen = name ?? (names.length === 1 ? (names[0] ?? '') : '')
  const directory = volumes[chosen]
  if (Object.hasOwn(volumes, chosen) && directory !== undefined) return directory
  throw usage(
    names.length === 0 ? 'the database has no volume; say --to' : `say --volume, one of ${names.join(', ')}`,
  )
}

function usage(message: string): NiceBlobsError {
  return new NiceBlobsError('USAGE_WRONG', message, { subject: 'recall', hint: 'nice-blobs recall --help' })
}
