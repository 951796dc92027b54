import type { z } from 'zod'
import type { Config } from './config.ts'
import { applyEnvironment } from './config-environment.ts'
import { relatedSchema } from './config-relations.ts'
import { NiceBlobsError } from './errors.ts'

/**
 * The configuration out of a file's text and the environment. All that is wrong with it is said at once.
 * `subject` names the file in messages.
 */
export function parseConfig(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  subject: string,
): Config {
  const { raw, unknown } = applyEnvironment(parseObject(text, subject), environment)
  const result = relatedSchema.safeParse(raw)
  const faults = unknown.map(name => `${name}: no such setting`)
  if (!result.success) {
    faults.push(...result.error.issues.map(faultText))
  }
  if (!result.success || faults.length > 0) throw rejectConfig(subject, faults)
  return result.data
}

function faultText(issue: z.core.$ZodIssue): string {
  // A key that is wrong has its own reason inside.
  const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message
  return `${issue.path.join('.') || 'file'}: ${message}`
}

function parseObject(text: string, subject: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch (cause) {
    throw rejectConfig(subject, [`not JSON: ${(cause as Error).message}`], cause)
  }
  throw rejectConfig(subject, ['expected an object'])
}

function rejectConfig(subject: string, faults: readonly string[], cause?: unknown): NiceBlobsError {
  const message = faults.length === 1 ? `${faults[0]}` : `${faults.length} faults:\n  ${faults.join('\n  ')}`
  return new NiceBlobsError('CONFIG_INVALID', message, {
    subject,
    hint: 'docs/configuration.md lists every setting with an example',
    cause,
  })
}
