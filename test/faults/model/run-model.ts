import assert from 'node:assert/strict'
import fc from 'fast-check'
import { COMMANDS } from './any-command.ts'
import { archive, type Command, read } from './command.ts'
import { reboot } from './deeds.ts'
import { hasStruck, watchDisk } from './interruption.ts'
import { createOracle, NAMES, type Oracle } from './oracle.ts'
import { predictRead } from './predict.ts'
import { createWorld, type World } from './world.ts'

const MOST_COMMANDS = 40

export async function runModel(runs: number): Promise<void> {
  const { BLOBS_TEST_SEED: seed, BLOBS_TEST_PATH: path, BLOBS_TEST_REPLAY_PATH: replayPath } = process.env
  const commands = fc.commands(COMMANDS, {
    maxCommands: MOST_COMMANDS,
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  })
  await fc.assert(fc.asyncProperty(commands, follow), {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  })
}

let watched = false

/** Follows the commands in a world of their own; in the end what is not destroyed on purpose can be read. */
export async function follow(commands: Iterable<Command>): Promise<void> {
  if (!watched) watchDisk()
  watched = true
  const oracle = createOracle()
  const world = await createWorld()
  try {
    await fc.asyncModelRun(() => ({ model: oracle, real: world }), commands)
    await requireReadable(oracle, world)
  } finally {
    world.remove()
  }
}

/** Follows commands of which one is disturbed at its first step, then at its second, and so on; says how many it has. */
export async function atEveryStep(commandsAt: (at: number) => Command[]): Promise<number> {
  let at = 0
  do {
    const commands = commandsAt(at)
    await follow(commands).catch(cause => {
      throw new Error(`${commands.join(', ')}: ${cause.message}`, { cause })
    })
    at += 1
  } while (hasStruck())
  assert.ok(at > 1, 'there were steps')
  return at - 1
}

async function requireReadable(oracle: Oracle, world: World): Promise<void> {
  const nothing = { minAge: 0, minSize: 10_000, quiet: 0, allowEmpty: false, jobs: 1 }
  for (const last of [reboot(), archive(nothing)]) await last.run(oracle, world)
  for (const name of NAMES) {
    await read(name, 'open').run(oracle, world)
    if (oracle.alive[name].size > 0) assert.deepEqual(predictRead(oracle, name, 'open').errors, [])
  }
}
