import { Command, CommanderError } from 'commander'
import { EXIT } from '../../core/model/errors.ts'
import { addAdopt } from './adopt.ts'
import { addAgent } from './agent.ts'
import { addArchive } from './archive.ts'
import { addCheck } from './check.ts'
import { addDoctor } from './doctor.ts'
import { addGarbage } from './gc.ts'
import { addGet } from './get.ts'
import { addInit } from './init.ts'
import { addKeys } from './keys.ts'
import { addLiveReport } from './live-report.ts'
import type { Finish } from './options.ts'
import { addPlan } from './plan.ts'
import { addRecall } from './recall.ts'
import { addStatus } from './status.ts'
import { tellError } from './tell-error.ts'
import { addUndelete } from './undelete.ts'
import { VERSION } from './version.ts'

/** Runs one command and answers its exit status (docs/errors.md). */
export async function main(words: readonly string[]): Promise<number> {
  process.stdout.on('error', endQuietly)
  let status = 0
  const program = createProgram(exitStatus => {
    status = exitStatus
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.input
    return tellError(error, words.includes('--json'))
  }
}

/** With all commands, each of which loads what it needs itself. */
export function createProgram(finish: Finish): Command {
  const program = new Command('nice-blobs')
    .description('Moves blobs from volumes to a bucket and opens them as local files.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(nice-blobs --help lists the commands)')
  const everyday = [addPlan, addInit, addArchive, addRecall, addGet, addStatus, addCheck, addDoctor, addAgent]
  const commands = [...everyday, addLiveReport, addGarbage, addUndelete, addKeys, addAdopt]
  for (const add of commands) add(program, finish)
  return program
}

/** Whoever reads us has read enough, as `| head` does. A run that is ended so goes on the next time. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.interrupted)
}
