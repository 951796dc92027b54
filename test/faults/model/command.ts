import assert from 'node:assert/strict'
import type fc from 'fast-check'
import { observe, requireSound } from './observe.ts'
import { archiving, type Operation, planning, reading, recalling } from './operations.ts'
import { NAMES, type Oracle } from './oracle.ts'
import type { ReadBy, Told } from './predict.ts'
import type { World } from './world.ts'

/** Every command prints as the call that makes it, so that a counterexample can be pasted among the regressions. */
export type Command = fc.AsyncCommand<Oracle, World>

/** After every command all places are what the oracle says, and nothing is lost. */
export function command(text: string, act: (oracle: Oracle, world: World) => Promise<void>): Command {
  return {
    check: () => true,
    async run(oracle, world) {
      await act(oracle, world)
      const seen = observe(world)
      assert.deepEqual(seen, oracle.blobs)
      requireSound(oracle, world, seen)
    },
    toString: () => text,
  }
}

export function inOrder({ outcomes, errors }: Told): Told {
  return { outcomes: outcomes.toSorted(), errors: errors.toSorted() }
}

/** An operation without disturbance tells and does exactly what the oracle says. */
function exactly(operation: Operation): Command & { operation: Operation } {
  const { text, predict, perform } = operation
  return {
    operation,
    ...command(text, async (oracle, world) => {
      const expected = predict(oracle)
      const told: Told = { outcomes: [], errors: [] }
      await perform(world, told)
      assert.deepEqual(inOrder(told), inOrder(expected))
      assert.deepEqual(world.troubles.splice(0), [])
    }),
  }
}

export const archive = (...given: Parameters<typeof archiving>) => exactly(archiving(...given))
export const plan = (...given: Parameters<typeof planning>) => exactly(planning(...given))
export const recall = (...given: Parameters<typeof recalling>) => exactly(recalling(...given))
export const read = (...given: Parameters<typeof reading>) => exactly(reading(...given))

/** Every blob, one after the other. */
export const crawl = (by: ReadBy): Command => ({
  check: () => true,
  async run(oracle, world) {
    for (const name of NAMES) await read(name, by).run(oracle, world)
  },
  toString: () => `crawl('${by}')`,
})
