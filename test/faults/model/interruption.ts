import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { formatRef } from '../../../core/model/ref.ts'
import type { BlobBucket, BlobIndex } from '../../../core/ports.ts'

/**
 * Comes into the middle of an operation, at the nth of its steps: the calls of a port, their answers (which may get lost)
 * and the changes on the disk.
 */
export interface Interruption {
  at: number
  of: readonly Step[]
  /**
   * Called once, at that step, with what the step is about: a key, a ref, a path. The error it answers is thrown there
   * and at every later step.
   */
  strike(about: string): Error | undefined
}
export type Step = 'call' | 'answer' | 'disk' | 'unlink'

interface Current extends Interruption {
  taken: number
  struck: boolean
  error?: Error | undefined
}
let current: Current | undefined
let last: Current | undefined

/** Whether the last interruption came at all; if not, the operation has no more steps. */
export const hasStruck = (): boolean => last?.struck === true

/** Works until it is interrupted; says whether it was, and what the work threw then. */
export async function interrupted(
  interruption: Interruption,
  work: () => Promise<void>,
): Promise<{ struck: boolean; thrown?: unknown }> {
  const own: Current = { ...interruption, taken: 0, struck: false }
  current = own
  last = own
  try {
    await work()
    return { struck: own.struck }
  } catch (thrown) {
    if (own.error === undefined) throw thrown
    return { struck: true, thrown }
  } finally {
    current = undefined
  }
}

function step(kind: Step, about: string): void {
  const own = current
  if (!own?.of.includes(kind)) return
  if (own.taken++ === own.at) {
    own.struck = true
    // What is done at the strike itself is no step.
    current = undefined
    own.error = own.strike(about)
    current = own
  }
  if (own.error !== undefined) throw own.error
}

async function inSteps<T>(about: string, work: () => Promise<T>): Promise<T> {
  step('call', about)
  const result = await work()
  step('answer', about)
  return result
}

async function* eachInSteps<T>(about: string, items: AsyncIterable<T>): AsyncGenerator<T> {
  step('call', about)
  for await (const item of items) {
    yield item
    step('answer', about)
  }
}

export function bucketInSteps(bucket: BlobBucket): BlobBucket {
  return {
    put: (key, ...given) => inSteps(key, () => bucket.put(key, ...given)),
    head: key => inSteps(key, () => bucket.head(key)),
    get: async (key, signal) => {
      const found = await inSteps(key, () => bucket.get(key, signal))
      return found && { ...found, body: eachInSteps(key, inHalves(found.body)) }
    },
    list: prefix => eachInSteps(prefix, bucket.list(prefix)),
  }
}

/** So that a body can end in its middle. */
async function* inHalves(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    const half = Math.ceil(chunk.length / 2)
    yield chunk.subarray(0, half)
    yield chunk.subarray(half)
  }
}

export function indexInSteps(index: BlobIndex): BlobIndex {
  return {
    find: (...given) => inSteps('', () => index.find(...given)),
    insert: row => inSteps(formatRef(row), () => index.insert(row)),
    replace: (before, after) => inSteps(formatRef(after), () => index.replace(before, after)),
    list: database => eachInSteps('', index.list(database)),
    listShard: (...given) => eachInSteps('', index.listShard(...given)),
  }
}

const CHANGES = ['open', 'mkdir', 'rename', 'link', 'unlink', 'rm', 'rmdir', 'chmod', 'utimes']
const CHANGES_AT_ONCE = ['mkdirSync', 'renameSync', 'symlinkSync', 'unlinkSync', 'rmSync', 'utimesSync']
type Functions = Record<string, (...given: unknown[]) => unknown>

/** Makes steps of this process's changes on the disk, for as long as it lives. */
export function watchDisk(): void {
  const promised = fs.promises as unknown as Functions
  for (const name of CHANGES) {
    const real = promised[name]
    promised[name] = async (...given) => {
      step(name === 'unlink' ? name : 'disk', String(given[0]))
      return real?.(...given)
    }
  }
  const atOnce = fs as unknown as Functions
  for (const name of CHANGES_AT_ONCE) {
    const real = atOnce[name]
    atOnce[name] = (...given) => {
      step('disk', String(given[0]))
      return real?.(...given)
    }
  }
  syncBuiltinESMExports()
}
