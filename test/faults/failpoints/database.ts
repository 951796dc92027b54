import { DatabaseSync, StatementSync } from 'node:sqlite'
import { callingModule } from './caller.ts'
import { type Call, surroundSync } from './surround.ts'

/** Failpoints around the calls to SQLite that a file of core/ or client/ makes. */

type Work = (this: unknown, ...words: unknown[]) => unknown

/** SQLite's own numbers of what a disk may refuse. */
const SQLITE_ERRORS: Readonly<Record<string, number>> = {
  EIO: 10,
  ENOSPC: 13,
  EROFS: 8,
  EACCES: 14,
  EMFILE: 14,
}
const SQLITE_BUSY = 5

export function interposeDatabases(): void {
  for (const name of ['exec', 'prepare', 'close']) interpose(DatabaseSync.prototype, name)
  for (const name of ['run', 'get', 'all', 'iterate']) interpose(StatementSync.prototype, name)
}

function interpose(prototype: object, name: string): void {
  const methods = prototype as Record<string, Work>
  const real = methods[name]
  if (real === undefined) return
  methods[name] = function (this, ...words) {
    const module = callingModule()
    const work = () => real.apply(this, words)
    return module === undefined ? work() : surroundSync(describe(`${module}.${name}`, work), work)
  }
}

function describe(name: string, work: () => unknown): Call<unknown> {
  return {
    outside: 'database',
    name,
    begin() {
      if (name.endsWith('.close')) work()
    },
    refusal(code) {
      const errcode = SQLITE_ERRORS[code] ?? SQLITE_BUSY
      return Object.assign(new Error(`refused (${code})`), { code: 'ERR_SQLITE_ERROR', errcode })
    },
  }
}
