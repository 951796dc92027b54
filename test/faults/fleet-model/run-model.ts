import assert from 'node:assert/strict'
import fc from 'fast-check'
import { COMMANDS, HARM } from './any-command.ts'
import type { Command } from './command.ts'
import { finish } from './finish.ts'
import { agentOf, end } from './host.ts'
import { HOST_NAMES } from './oracle.ts'
import { hasSprung } from './steps.ts'
import { watchDisk } from './watch-disk.ts'
import { createWorld, type World } from './world.ts'

const MOST_COMMANDS = 50

/** `harm`: somebody damages and marks objects, too. */
export async function runModel(runs: number, harm: 'harm' | 'no harm'): Promise<void> {
  const { BLOBS_TEST_SEED: seed, BLOBS_TEST_PATH: path, BLOBS_TEST_REPLAY_PATH: replayPath } = process.env
  const commands = fc.commands(harm === 'harm' ? [...COMMANDS, ...HARM] : COMMANDS, {
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

/** Follows the commands in a world of their own, and then lets everything come to its end. */
export async function follow(commands: Iterable<Command>): Promise<void> {
  await watchDisk()
  const world = createWorld()
  try {
    await fc.asyncModelRun(() => ({ model: world.oracle, real: world }), commands)
    await finish(world)
  } finally {
    await leave(world)
  }
}

/** Follows commands of which one is disturbed at its first step, then at its second, and so on; says how many it has. */
export async function atEveryStep(commandsAt: (at: number) => Command[]): Promise<number> {
  let at = 0
  let sprung = true
  for (; sprung; at += 1) {
    const commands = commandsAt(at)
    await follow(commands).catch(cause => {
      throw new Error(`${commands.join(', ')}: ${cause.message}`, { cause })
    })
    sprung = hasSprung()
  }
  assert.ok(at > 1, 'there were steps')
  return at - 1
}

async function leave(world: World): Promise<void> {
  for (const host of HOST_NAMES)
    if (world.agents.some(agent => agent.host === host) && !world.oracle.down.has(host))
      await end(world, agentOf(world, host))
  world.remove()
}
