import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { currentProcess, type Process, requireAlive, step } from './steps.ts'

/** Makes steps of what simulated processes do to the disk, and lets them do it one after the other. */

type Functions = Record<string, (...given: unknown[]) => Promise<unknown>>
const CHANGES = ['open', 'mkdir', 'rename', 'link', 'unlink', 'rm', 'rmdir', 'chmod', 'utimes', 'writeFile']
const LOOKS = ['stat', 'lstat', 'access', 'readdir', 'readFile', 'statfs']
const OF_A_FILE = ['stat', 'read', 'write', 'sync']

let line: Promise<unknown> = Promise.resolve()
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = line.then(work)
  line = result.catch(() => {})
  return result
}

let watched = false

/** For as long as this process lives; whoever is no simulated one notices nothing. */
export async function watchDisk(): Promise<void> {
  if (watched) return
  watched = true
  const file = await fs.promises.open('/dev/null', 'r')
  await file.close()
  const methods = Object.getPrototypeOf(file) as Functions
  for (const name of OF_A_FILE) put(methods, name, real => real())
  const promised = fs.promises as unknown as Functions
  for (const name of LOOKS) {
    put(promised, name, (real, process) => {
      requireAlive(process)
      return real()
    })
  }
  for (const name of CHANGES) {
    const removes = name === 'unlink' || name === 'rm'
    put(
      promised,
      name,
      async (real, process) => {
        const result = await real()
        if (removes) process.removed?.()
        return result
      },
      step,
    )
  }
  syncBuiltinESMExports()
}

/** `before` does not keep others waiting for their turn. */
function put(
  functions: Functions,
  name: string,
  work: (real: () => Promise<unknown>, process: Process) => Promise<unknown>,
  before = async () => {},
): void {
  const real = functions[name]
  if (!real) throw new Error(`there is no ${name}`)
  functions[name] = async function (this: unknown, ...given) {
    const process = currentProcess()
    const call = () => real.apply(this, given)
    if (!process) return call()
    await before()
    return inTurn(() => work(call, process))
  }
}
