import { createKey, listKeys, retireKey, rotateKeys } from '../../core/key-ring.ts'
import { loadConfig } from '../../core/load-config.ts'
import { readDeployedKeys } from '../../core/model/deployed-keys.ts'
import type { SigningKey } from '../../core/model/signing-keys.ts'
import { chooseDatabase } from '../settings.ts'
import { connectKeys, hasKeys, requireOwner } from './connect-keys.ts'
import { createdLines, listLines, retiredLines, rotatedLines } from './keys-text.ts'
import type { ConfigOptions } from './options.ts'
import { readOutputsText } from './read-outputs.ts'

export interface KeysOptions extends ConfigOptions {
  json?: true
}

export interface CreateOptions extends KeysOptions {
  type: SigningKey['type']
  anew?: true
}

export interface RotateOptions extends KeysOptions {
  outputs: string
  stack?: string
  again?: true
}

export interface RetireOptions extends KeysOptions {
  leaked?: true
}

export async function createWaiting(options: CreateOptions): Promise<number> {
  const { ring, secretName } = connect(options)
  const { database } = ring
  const { type, anew = false } = options
  const keys = await createKey(ring, { type, anew })
  tell(options, { database, keys }, () => createdLines(database, { secret: secretName, anew }, keys))
  return 0
}

/** The outputs are read first, so that wrong ones ask nobody for a key. */
export async function rotate(options: RotateOptions): Promise<number> {
  const { ring, secretName } = connect(options)
  const { database } = ring
  const { outputs: subject, stack, again = false } = options
  const { stack: deployer, keys: deployed } = readDeployedKeys(database, {
    ...{ text: readOutputsText(subject), subject, stack },
  })
  requireOwner(secretName, { stack: deployer, database })
  const { keys, idBefore } = await rotateKeys(ring, deployed, { again })
  tell(options, { database, keys }, () => rotatedLines(database, keys, idBefore))
  return 0
}

export async function retire(name: string | undefined, options: RetireOptions): Promise<number> {
  const { ring } = connect(options)
  const { database } = ring
  const leaked = options.leaked ?? false
  const { retired, left } = await retireKey(ring, { name, leaked })
  tell(options, { database, retired, keys: left }, () => retiredLines({ database, leaked }, retired, left))
  return 0
}

/** Of all databases that have keys, or of the one that was named. */
export async function list(options: KeysOptions): Promise<number> {
  const config = loadConfig(options.config)
  const delivered = Object.keys(config.databases).filter(name => hasKeys(config, name))
  const names = options.database === undefined && delivered.length > 0 ? delivered : [options.database]
  for (const name of names) {
    const { ring } = connectKeys(config, chooseDatabase(config, name).database)
    const { database } = ring
    const keys = await listKeys(ring)
    tell(options, { database, keys }, () => listLines(database, keys))
  }
  return 0
}

function connect({ config: file, database: name }: ConfigOptions) {
  const config = loadConfig(file)
  return connectKeys(config, chooseDatabase(config, name).database)
}

function tell({ json }: KeysOptions, fields: object, lines: () => readonly string[]): void {
  const text = json ? JSON.stringify(fields) : lines().join('\n')
  process.stdout.write(`${text}\n`)
}
