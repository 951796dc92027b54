import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import { type Installation, startInstallation } from '../../sandbox/installation.ts'
import { requireProgram } from '../run-program.ts'
import { type Endings, settleBoth } from './endings.ts'
import { freePort } from './free-port.ts'
import { configureHost, deploy, type WayToBucket } from './host.ts'
import type { Installed } from './install.ts'
import { placeFiles } from './place.ts'
import { createDatabase, startPostgresql } from './postgresql.ts'
import type { Service } from './process.ts'
import type { PloneOptions, PlonePaths, PloneSite } from './site.ts'
import { environmentOf } from './zope.ts'

const BUCKET = 'plone-blobs'
const TABLE = 'plone-index'
const CREATE_SITE = fileURLToPath(new URL('create_site.py', import.meta.url))

/** What there is before the site's own processes begin: AWS's stand-ins, a database with the site in it, all files. */
export interface Ground {
  readonly installed: Installed
  readonly begun: number
  readonly paths: PlonePaths
  readonly ports: { readonly zope: number; readonly nginx: number }
  readonly admin: PloneSite['admin']
  readonly installation: Installation
  readonly functions: StackFunctions
  readonly way: WayToBucket
  readonly postgresql: Service
  say(line: string): void
  readonly signal: AbortSignal | undefined
}

export async function layGround(
  options: PloneOptions,
  installed: Installed,
  endings: Endings,
): Promise<Ground> {
  const { say = () => undefined, signal } = options
  const begun = performance.now()
  const directory = makeDirectory(options.directory, endings)
  const installation = await startInstallation({
    ...{ directory: join(directory, 'sandbox'), bucket: BUCKET, table: TABLE },
  })
  endings.add(installation.end)
  // Else what programs keep at home would be kept where this was called.
  process.env.HOME ||= directory
  const { accessKeyId, secretAccessKey } = installation.sandbox.credentials
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
  const places = placesIn(directory)
  const way = await configureHost(installation, BUCKET, places, options)
  endings.add(way.close)
  const paths = { ...places, configuration: way.configuration }
  const ports = { zope: await freePort(options.ports?.zope), nginx: await freePort(options.ports?.nginx) }
  placeFiles({ ...paths, postgresql: join(directory, 'postgresql'), ports })
  const admin = { user: 'admin', password: randomBytes(9).toString('base64url') }

  const beginDatabase = async () => {
    say('PostgreSQL begins')
    const postgresql = await startPostgresql(join(directory, 'postgresql'), paths.logs, signal)
    endings.add(postgresql.end)
    createDatabase(join(directory, 'postgresql'))
    say('The Plone site is made')
    const words = ['run', paths.zopeConf, CREATE_SITE, admin.user, admin.password]
    await requireProgram([join(installed.bin, 'zconsole'), ...words], environmentOf(directory), signal)
    return postgresql
  }
  say('The stack is deployed into the sandbox')
  const [functions, postgresql] = await settleBoth(deploy(installation, options), beginDatabase())
  signal?.throwIfAborted()
  return { installed, begun, paths, ports, admin, installation, functions, way, postgresql, say, signal }
}

/** Sockets have short names, so it is no deep one. */
function makeDirectory(given: string | undefined, endings: Endings): string {
  const directory = given ?? mkdtempSync(join(tmpdir(), 'plone-'))
  if (given === undefined) endings.add(() => rmSync(directory, { recursive: true, force: true }))
  else mkdirSync(directory)
  // PostgreSQL's user has to get to its own part.
  chmodSync(directory, 0o711)
  for (const part of ['logs', 'blobstorage', 'var']) mkdirSync(join(directory, part), { mode: 0o700 })
  return directory
}

function placesIn(directory: string): Omit<PlonePaths, 'configuration'> {
  return {
    directory,
    volume: join(directory, 'blobstorage'),
    cache: join(directory, 'cache'),
    socket: join(directory, 'run/agent.sock'),
    zopeConf: join(directory, 'etc/zope.conf'),
    packConf: join(directory, 'etc/zodbpack.conf'),
    logs: join(directory, 'logs'),
  }
}
