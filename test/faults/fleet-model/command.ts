import type fc from 'fast-check'
import { requireSound } from './audit.ts'
import type { Blob, Oracle } from './oracle.ts'
import type { World } from './world.ts'

/** Every command prints as the call that makes it, so that a counterexample can be pasted among the stories as it is. */
export type Command = fc.AsyncCommand<Oracle, World>

export function command(
  text: string,
  act: (world: World) => Promise<void> | void,
  check: (oracle: Readonly<Oracle>) => boolean = () => true,
): Command {
  return {
    check,
    async run(_oracle, world) {
      await act(world)
      requireSound(world)
    },
    toString: () => text,
  }
}

/** The nth of those that there are, and again from the first one. */
export function pick({ blobs }: Readonly<Oracle>, number: number): Blob {
  const blob = blobs[number % blobs.length]
  if (!blob) throw new Error('there is no blob')
  return blob
}

export const hasBlobs = ({ blobs }: Readonly<Oracle>): boolean => blobs.length > 0
