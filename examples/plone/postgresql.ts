import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Service, startService } from './process.ts'

const PACKAGES = '/usr/lib/postgresql'

/** A server of a user `plone`, which listens on a socket in this directory and nowhere else. */
export async function startPostgresql(
  directory: string,
  logs: string,
  signal?: AbortSignal,
): Promise<Service> {
  const data = join(directory, 'data')
  const user = process.getuid?.() === 0 ? findUser('postgres') : undefined
  mkdirSync(directory)
  if (user) chownSync(directory, user.uid, user.gid)
  const words = ['-D', data, '-U', 'plone', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  execFileSync(program('initdb'), words, { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  const socket = ['-h', directory, '-U', 'plone']
  return startService(
    // What a power cut would do to this database does not matter.
    [program('postgres'), '-D', data, '-k', directory, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    {
      ...{ name: 'PostgreSQL', log: join(logs, 'postgresql.log'), ends: 'SIGINT', signal },
      ...(user && { user }),
      serves: async () => spawnSync(program('pg_isready'), ['--quiet', ...socket]).status === 0,
    },
  )
}

/** The empty database `plone`. */
export function createDatabase(directory: string): void {
  execFileSync(program('createdb'), ['-h', directory, '-U', 'plone', 'plone'])
}

function program(name: string): string {
  const [newest = ''] = readdirSync(PACKAGES).toSorted((a, b) => Number(b) - Number(a))
  return join(PACKAGES, newest, 'bin', name)
}

/** As root PostgreSQL refuses to run. */
function findUser(name: string): { uid: number; gid: number } {
  const id = (what: string) => Number(execFileSync('id', [what, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
