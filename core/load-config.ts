import { readFileSync } from 'node:fs'
import type { Config } from './model/config.ts'
import { CONFIG_FILE_VARIABLE } from './model/config-environment.ts'
import { NiceBlobsError } from './model/errors.ts'
import { parseConfig } from './model/parse-config.ts'

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
        hint: `name the file with --config (of cdk: --context config=FILE) or ${CONFIG_FILE_VARIABLE}; docs/configuration.md has one to begin with`,
        cause,
      },
    )
  }
}
