import { z } from 'zod'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { isDatabaseName } from '../../core/model/key.ts'

/** What a query may hold. */

/** In characters; it is shortened before it is sent. */
const LONGEST_FILE_NAME = 1_024
/** RFC 6838, and parameters. */
const MEDIA_TYPE = /^[\w.+!#$&^-]{1,127}\/[\w.+!#$&^-]{1,127}(?:;[\x20-\x7e]{0,127})?$/

const name = z.string().refine(isDatabaseName).optional()

export const databaseQuery = z.strictObject({ database: name })
export const volumeQuery = z.strictObject({ database: name, volume: name })
const wantedQuery = z.strictObject({
  database: name,
  filename: z.string().max(LONGEST_FILE_NAME).optional(),
  disposition: z.enum(['inline', 'attachment']).optional(),
  type: z.string().regex(MEDIA_TYPE).optional(),
})
export const urlQuery = wantedQuery
export const deliverQuery = wantedQuery.extend({
  address: z.literal('fixed').optional(),
  sendfile: z.literal('off').optional(),
})

/** Each parameter once. Throws REQUEST_INVALID, which tells the parameter’s name, never what it holds. */
export function parseQuery<Parsed>(query: string, schema: z.ZodType<Parsed>): Parsed {
  const parameters = new URLSearchParams(query)
  const names = [...parameters.keys()]
  const twice = names.find((each, place) => names.indexOf(each) !== place)
  if (twice !== undefined) throw invalid(twice, 'a parameter may be given once')
  const parsed = schema.safeParse(Object.fromEntries(parameters))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue?.code === 'unrecognized_keys') throw invalid(String(issue.keys[0]), 'there is no such parameter')
  throw invalid(String(issue?.path[0]), 'this parameter cannot have that value')
}

export function invalid(subject: string, message: string): NiceBlobsError {
  return new NiceBlobsError('REQUEST_INVALID', message, {
    subject: JSON.stringify(subject.slice(0, 100)),
    hint: 'docs/agent.md lists what the agent answers',
  })
}
