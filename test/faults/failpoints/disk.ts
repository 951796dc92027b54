import fs from 'node:fs'
import fsPromises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { constants } from 'node:os'
import { getSystemErrorMessage } from 'node:util'
import { callingFile, callingModule } from './caller.ts'
import { type Call, surround, surroundSync } from './surround.ts'

/**
 * Puts failpoints around every call to the disk that a file of core/ or client/ makes; the calls of others pass untouched.
 * What the modules of Node export is changed, and named imports made to see it.
 */

// biome-ignore lint/suspicious/noExplicitAny: stands for every function of node:fs
type Work = (this: any, ...words: any[]) => any
type Functions = Record<string, Work | undefined>
type Around = (call: Call<unknown>, work: () => unknown) => unknown

const NO_PROMISES = ['watch', 'glob', 'constants']
const HANDLE_METHODS = [
  ...['read', 'readv', 'readFile', 'write', 'writev', 'writeFile', 'appendFile'],
  ...['sync', 'datasync', 'stat', 'truncate', 'utimes', 'chmod', 'chown'],
]
const STREAMS = 'node:internal/fs/streams'

/** Without failpoints. */
const { closeSync, openSync } = fs

/** What was put in place of a function, so that a test can see that none was forgotten. */
export const interposed = new WeakSet<object>()

/** Which module made a stream of a handle, whose calls are Node's own then. */
const streamedBy = new WeakMap<object, string>()

export async function interposeDisk(): Promise<void> {
  for (const name of Object.keys(fs)) {
    if (name.endsWith('Sync')) interpose(fs, name, name === 'existsSync' ? falseIfRefused : surroundSync)
  }
  await interposeHandles()
  for (const name of Object.keys(fsPromises)) {
    if (!NO_PROMISES.includes(name)) interpose(fsPromises, name, surround as Around)
  }
  syncBuiltinESMExports()
}

/** A handle's methods are its prototype's, but for `close`, which is its own. */
async function interposeHandles(): Promise<void> {
  const { open } = fsPromises
  const probe = await open(import.meta.filename)
  const prototype = Object.getPrototypeOf(probe)
  await probe.close()
  for (const name of HANDLE_METHODS) interpose(prototype, name, surround as Around)
  for (const name of ['createReadStream', 'createWriteStream']) noteStreams(prototype, name)
  fsPromises.open = async (...words) => {
    const handle = await open(...words)
    interpose(handle, 'close', surround as Around)
    return handle
  }
}

function interpose(owner: object, name: string, around: Around): void {
  replace(
    owner,
    name,
    real =>
      function (this: unknown, ...words) {
        const work = () => real.apply(this, words)
        const failpoint = failpointOf(this, name)
        return failpoint === undefined ? work() : around(describe(failpoint, name, words, work), work)
      },
  )
}

function failpointOf(self: unknown, name: string): string | undefined {
  const caller = callingModule()
  if (caller !== undefined) return `${caller}.${name}`
  // A stream's own `close` only lets go of the handle.
  const streamer = name === 'close' ? undefined : streamedBy.get(self as object)
  return streamer !== undefined && callingFile() === STREAMS ? `${streamer}.streamed-${name}` : undefined
}

function noteStreams(prototype: object, name: string): void {
  replace(
    prototype,
    name,
    real =>
      function (this: FileHandle, ...words) {
        const module = callingModule()
        if (module !== undefined) streamedBy.set(this, module)
        return real.apply(this, words)
      },
  )
}

function replace(owner: object, name: string, make: (real: Work) => Work): void {
  const functions = owner as Functions
  const real = functions[name]
  if (typeof real !== 'function') return
  // With what hangs on it, such as realpathSync.native.
  const wrapper = Object.defineProperties(make(real), Object.getOwnPropertyDescriptors(real))
  interposed.add(wrapper)
  functions[name] = wrapper
}

function describe(name: string, call: string, words: readonly unknown[], work: () => unknown): Call<unknown> {
  const path = typeof words[0] === 'string' ? words[0] : undefined
  return {
    outside: 'disk',
    name,
    refusal: code => systemError(code, call.replace(/Sync$/, ''), path),
    begin() {
      if (call.startsWith('close')) return work()
      if (path !== undefined && call.startsWith('writeFile')) makeEmpty(path, words[2])
    },
    takeBack(result) {
      if (call === 'openSync') closeSync(result as number)
      if (call === 'open') return (result as FileHandle).close()
    },
  }
}

function makeEmpty(path: string, options: unknown): void {
  const { flag } = (options ?? {}) as { flag?: string }
  try {
    closeSync(openSync(path, flag ?? 'w'))
  } catch {
    // What cannot be made is not there.
  }
}

/** It never throws: what cannot be looked at is not there. */
function falseIfRefused(call: Call<unknown>, work: () => unknown): unknown {
  try {
    return surroundSync(call, work)
  } catch {
    return false
  }
}

/** As Node makes it. */
function systemError(code: string, syscall: string, path: string | undefined): Error {
  const errno = -(constants.errno[code as keyof typeof constants.errno] ?? 0)
  const at = path === undefined ? '' : ` '${path}'`
  const error = new Error(`${code}: ${getSystemErrorMessage(errno)}, ${syscall}${at}`)
  return Object.assign(error, { errno, code, syscall, ...(path !== undefined && { path }) })
}
