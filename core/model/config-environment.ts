import { z } from 'zod'
import { configSchema } from './config.ts'

export const CONFIG_FILE_VARIABLE = 'NICE_BLOBS_CONFIG'
const PREFIX = 'NICE_BLOBS_'
const SECTIONS = ['bucket', 'index', 'secrets', 'cache', 'agent'] as const

/**
 * Environment variables that override one setting each: NICE_BLOBS_BUCKET_PATH_STYLE is `bucket.pathStyle`. They are
 * read off the schema, so that a new setting has its variable at once. What is set for each database has none.
 */
export function overridesByVariable(): Map<string, [section: string, setting: string]> {
  const overrides = new Map<string, [string, string]>()
  for (const section of SECTIONS) {
    const schema = configSchema.shape[section]
    const object = schema instanceof z.ZodObject ? schema : schema.unwrap()
    for (const setting of Object.keys(object.shape)) {
      overrides.set(PREFIX + screamingSnake(section, setting), [section, setting])
    }
  }
  return overrides
}

/** Lays the environment over the parsed file; answers what it could not place, so that a typo is not silent. */
export function applyEnvironment(
  raw: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): { raw: Record<string, unknown>; unknown: string[] } {
  const overrides = overridesByVariable()
  const merged = { ...raw }
  const unknown: string[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || name === CONFIG_FILE_VARIABLE || text === undefined) continue
    const override = overrides.get(name)
    if (!override) unknown.push(name)
    else merged[override[0]] = { ...asObject(merged[override[0]]), [override[1]]: readScalar(text) }
  }
  return { raw: merged, unknown }
}

function screamingSnake(...words: string[]): string {
  return words.map(word => word.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function readScalar(text: string): string | boolean {
  if (text === 'true') return true
  return text === 'false' ? false : text
}
