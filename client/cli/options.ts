import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ArchivePolicy } from '../../core/model/archive-policy.ts'
import { parseBytes, parseDuration } from '../../core/model/quantity.ts'

/** Receives the exit status of a command that did not throw. */
export type Finish = (exitStatus: number) => void

/** `-a 30` means days, as it did in archive-blobs; `-a 12h` says its unit. */
function readAge(text: string): number {
  const age = parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}d` : text)
  if (age === undefined) throw new InvalidArgumentError('Expected days or a duration, such as 30 or 12h.')
  return age
}

function readSize(text: string): number {
  const size = parseBytes(text)
  if (size === undefined) throw new InvalidArgumentError('Expected bytes, such as 1048576, 1MiB or 10MB.')
  return size
}

export function readDelay(text: string): number {
  const delay = parseDuration(text)
  if (delay === undefined) throw new InvalidArgumentError('Expected a duration, such as 7d, 12h or 0s.')
  return delay
}

function readJobs(text: string): number {
  if (/^[1-9][0-9]?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number from 1 to 99.')
}

export function readDirectory(text: string): string {
  return resolve(text)
}

export interface PolicyOptions {
  age?: number
  size?: number
}

export function addPolicyOptions(command: Command): Command {
  return command
    .option('-a, --age <days>', 'only blobs at least this old: days, or with a unit (12h, 4w)', readAge)
    .option('-s, --size <bytes>', 'only blobs at least this large: bytes, or with a unit (1MiB)', readSize)
}

export function applyOptions(policy: ArchivePolicy, { age, size }: PolicyOptions): ArchivePolicy {
  return { ...policy, minAge: age ?? policy.minAge, minSize: size ?? policy.minSize }
}

export function addConfigOptions(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'the configuration (default: $NICE_BLOBS_CONFIG, ./nice-blobs.config.json)',
    )
    .option('--database <name>', 'which database, where the configuration has several')
}

export interface ConfigOptions {
  config?: string
  database?: string
}

export const jsonOption = () => new Option('--json', 'a line of JSON for each event, and one for the result')

export const jobsOption = () =>
  new Option('-j, --jobs <count>', 'how many blobs at a time').argParser(readJobs).default(16)
