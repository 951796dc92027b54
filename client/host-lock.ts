import { DatabaseSync } from 'node:sqlite'

/** Something that one process of this host has at a time, and that the kernel gives back when the process ends. */
export interface HostLock {
  release(): void
}

/**
 * Takes the lock of that file, which is made if need be and never removed. Waits for `patience` milliseconds, while
 * nothing else is done in this thread; throws SQLite's BUSY then.
 */
export function takeHostLock(path: string, patience: number): HostLock {
  const lock = new DatabaseSync(path, { timeout: patience })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw error
  }
  return { release: () => lock.isOpen && lock.close() }
}

export function withHostLock<T>(path: string, patience: number, work: () => T): T {
  const lock = takeHostLock(path, patience)
  try {
    return work()
  } finally {
    lock.release()
  }
}
