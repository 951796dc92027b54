import type { Command } from 'commander'
import { formatBytes } from '../../core/model/quantity.ts'
import { openVolume } from '../../core/volume/volume.ts'
import { reportStatus, type VolumeStatus } from '../../core/volume-status.ts'
import { addConfigOptions, type ConfigOptions, type Finish, jsonOption, readDirectory } from './options.ts'

export function addStatus(program: Command, finish: Finish): void {
  const command = program
    .command('status')
    .description('what of a volume is archived, what is released, what is only here')
    .argument('<directory>', 'the blob directory', readDirectory)
    .addOption(jsonOption())
    .action(async (directory: string, options: ConfigOptions & { json?: true }) => {
      const { connectArchive } = await import('./connect.ts')
      const { archive } = connectArchive(options)
      const status = await reportStatus(archive, openVolume(directory))
      if (options.json) process.stdout.write(`${JSON.stringify(status)}\n`)
      else for (const line of statusLines(status)) console.log(line)
      finish(0)
    })
  addConfigOptions(command)
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
