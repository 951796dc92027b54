import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { PRIVATE_DIRECTORY } from '../../core/volume/with-parent.ts'
import { type HostLock, takeHostLock } from '../host-lock.ts'

/** What the kernel takes (sun_path in unix(7)), less the closing zero. */
const LONGEST_PATH = 107

/**
 * Lets a server listen where only this user can reach it. A lock that the kernel drops with its process says whether an
 * agent runs; only then is a socket that lies there a dead one's, and replaced. Anything that is no socket stays. Answers
 * the lock, to be released after the server has closed.
 */
export async function listenOn(server: Server, path: string): Promise<HostLock> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw unusable(path, `it is longer than ${LONGEST_PATH} bytes`)
  requireOwnDirectory(dirname(path))
  const lock = lockFor(path)
  try {
    removeDeadSocket(path)
    await listening(server, path)
    chmodSync(path, 0o600)
    return lock
  } catch (error) {
    lock.release()
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

function lockFor(path: string): HostLock {
  try {
    return takeHostLock(`${path}.lock`, 0)
  } catch (error) {
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
