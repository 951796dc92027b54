import type { Command } from 'commander'
import { formatBytes } from '../../core/model/quantity.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { reportStatus, type VolumeStatus } from '../../core/volume-status.ts'
import type { FleetOptions } from './fleet.ts'
import { addConfigOptions, type Finish, jsonOption, readDirectory } from './options.ts'

export function addStatus(program: Command, finish: Finish): void {
  const command = program
    .command('status')
    .description('how all volumes are doing; of a directory: what is archived, released, only here')
    .argument('[directory]', 'a blob directory', readDirectory)
    .option('--quick', 'of all volumes: without what is in the bucket, which reads every row of the index')
    .option('--retire <volume>', 'say that it was taken away for good, so that nobody waits for its agent')
    .addOption(jsonOption())
    .action(async (directory: string | undefined, options: FleetOptions) => {
      finish(directory === undefined ? await tellAll(options) : await tellVolume(directory, options))
    })
  addConfigOptions(command)
}

async function tellAll(options: FleetOptions): Promise<number> {
  const { tellFleet } = await import('./fleet.ts')
  return tellFleet(options)
}

async function tellVolume(directory: string, options: FleetOptions): Promise<number> {
  const { connectArchive } = await import('./connect.ts')
  const { archive } = connectArchive(options)
  const status = await reportStatus(archive, openVolume(directory))
  if (options.json) process.stdout.write(`${JSON.stringify(status)}\n`)
  else for (const line of statusLines(status)) console.log(line)
  return 0
}

function statusLines({ here, bucket, onlyHere, both, strangers }: VolumeStatus): string[] {
  const line = (name: string, { blobs, bytes }: VolumeStatus['here']) =>
    `${name.padEnd(28)}${String(blobs).padStart(10)} blobs  ${formatBytes(bytes).padStart(8)}`
  return [
    line('in the volume', here),
    line('  only in the volume', onlyHere),
    line('  archived, to be released', both),
    ...Object.entries(bucket).map(([state, tally]) => line(`in the bucket, ${state}`, tally)),
    ...(strangers > 0 ? [`${strangers} files or directories are no blobs of this layout`] : []),
  ]
}
