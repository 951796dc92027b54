import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { PRIVATE_DIRECTORY } from '../../core/volume/with-parent.ts'

/** What the kernel takes (sun_path in unix(7)), less the closing zero. */
const LONGEST_PATH = 107

/** A socket that belongs to this process alone, until it is given back. */
export interface OwnSocket {
  release(): void
}

/**
 * Lets a server listen where only this user can reach it. A lock that the kernel drops with its process says whether an
 * agent runs; only then is a socket that lies there a dead one's, and replaced. Anything that is no socket stays.
 */
export async function listenOn(server: Server, path: string): Promise<OwnSocket> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw unusable(path, `it is longer than ${LONGEST_PATH} bytes`)
  requireOwnDirectory(dirname(path))
  const lock = lockFor(path)
  try {
    removeDeadSocket(path)
    await listening(server, path)
    chmodSync(path, 0o600)
    return { release: () => lock.isOpen && lock.close() }
  } catch (error) {
    lock.close()
    throw error instanceof NiceBlobsError ? error : unusable(path, (error as Error).message, error)
  }
}

function requireOwnDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  } catch (error) {
    throw unusable(directory, (error as Error).message, error)
  }
  const { uid, mode } = statSync(directory)
  if (uid !== process.geteuid?.()) throw unusable(directory, `it belongs to the user with the id ${uid}`)
  if ((mode & 0o077) !== 0) throw unusable(directory, 'other users may enter it')
}

function lockFor(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw unusable(
      path,
      `another agent serves it, or its lock cannot be used (${(error as Error).message})`,
      error,
    )
  }
}

function removeDeadSocket(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return
  if (!stats.isSocket()) throw unusable(path, 'there is something else under its name')
  unlinkSync(path)
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function unusable(subject: string, reason: string, cause?: unknown): NiceBlobsError {
  return new NiceBlobsError('SOCKET_UNUSABLE', `this cannot be the agent’s socket: ${reason}`, {
    subject,
    hint: 'name a socket in a directory for this alone (0700, this user’s) in agent.socket, and run one agent for it',
    cause,
  })
}
