import { readFileSync } from 'node:fs'
import type { Config, DatabaseConfig } from '../core/model/config.ts'
import { CONFIG_FILE_VARIABLE } from '../core/model/config-environment.ts'
import { NiceBlobsError } from '../core/model/errors.ts'
import { parseConfig } from '../core/model/parse-config.ts'

const DEFAULT_FILE = 'nice-blobs.config.json'

type Environment = Readonly<Record<string, string | undefined>>

/** The configuration from a file: the one named, or NICE_BLOBS_CONFIG, or ./nice-blobs.config.json. */
export function loadConfig(file?: string, environment: Environment = process.env): Config {
  const path = configPath(file, environment)
  return parseConfig(readText(path), environment, path)
}

export function configPath(file?: string, environment: Environment = process.env): string {
  return file ?? environment[CONFIG_FILE_VARIABLE] ?? DEFAULT_FILE
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new NiceBlobsError(
      'CONFIG_INVALID',
      `cannot read the configuration (${(cause as Error).message})`,
      {
        subject: path,
        hint: `name the file with --config or ${CONFIG_FILE_VARIABLE}; docs/configuration.md has one to begin with`,
        cause,
      },
    )
  }
}

export function requireCache({ cache }: Config): NonNullable<Config['cache']> {
  if (cache) return cache
  throw new NiceBlobsError('CONFIG_INVALID', 'reading needs a cache directory', {
    subject: 'cache.directory',
    hint: 'name a directory on a local disk, such as /var/cache/nice-blobs',
  })
}

/** The database that was named, or the only one there is. */
export function chooseDatabase(
  config: Config,
  name?: string,
): { database: string; settings: DatabaseConfig } {
  const names = Object.keys(config.databases)
  const database = name ?? (names.length === 1 ? names[0] : undefined)
  const known = database !== undefined && Object.hasOwn(config.databases, database)
  const settings = known ? config.databases[database] : undefined
  if (database !== undefined && settings) return { database, settings }
  const message =
    name === undefined ? 'there are several databases' : `there is no database ${JSON.stringify(name)}`
  throw new NiceBlobsError('CONFIG_INVALID', message, {
    subject: 'databases',
    hint: `name one of them: ${names.join(', ')}`,
  })
}
