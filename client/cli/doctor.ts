import type { Command } from 'commander'
import { printable } from '../../core/model/printable.ts'
import type { Diagnosis } from '../doctor/diagnosis.ts'
import { addConfigOptions, type ConfigOptions, type Finish, jsonOption } from './options.ts'

export function addDoctor(program: Command, finish: Finish): void {
  const command = program
    .command('doctor')
    .description('examine an installation: configuration, bucket and rights, clock, index, cache, volumes')
    .addOption(jsonOption())
    .action(async (options: ConfigOptions & { json?: true }) => finish(await doctor(options)))
  addConfigOptions(command)
}

/** The highest status of what failed; everything is examined first. */
async function doctor({ config, database, json }: ConfigOptions & { json?: true }): Promise<number> {
  const { examineInstallation } = await import('../doctor/examine.ts')
  let highest = 0
  for await (const diagnosis of examineInstallation(config, database)) {
    highest = Math.max(highest, diagnosis.status)
    if (json) process.stdout.write(`${JSON.stringify({ event: 'diagnosis', ...diagnosis })}\n`)
    else console.log(diagnosisText(diagnosis))
  }
  return highest
}

function diagnosisText({ part, level, told, mend }: Diagnosis): string {
  const line = `${level.padEnd(8)}${part}: ${printable(told)}`
  return mend === undefined ? line : `${line}\n  mend: ${mend}`
}
