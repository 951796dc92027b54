import type { Outcome } from '../model/right.ts'
import { hasName, translateError } from './translate-error.ts'

/** Answers that only those get who may do what they asked for. */
const ALLOWED = [
  'PreconditionFailed',
  'NoSuchKey',
  'NotFound',
  'NoSuchVersion',
  'BadDigest',
  'ConditionalCheckFailedException',
]

/** Does what may be denied; `tellLeft` says what it left behind. An outage tells nothing about rights. */
export async function attempt<T>(
  action: string,
  subject: string,
  work: () => Promise<T>,
  tellLeft: (answer: T) => string | undefined = () => undefined,
): Promise<Outcome> {
  try {
    return { outcome: 'allowed', left: tellLeft(await work()) }
  } catch (error) {
    if (hasName(error, ...ALLOWED)) return { outcome: 'allowed' }
    const translated = translateError(error, subject)
    if (translated.code !== 'ACCESS_DENIED') return { outcome: 'failed', error: translated }
    const [, denied = action] = /not authorized to perform: (\w+:\w+)/.exec(translated.message) ?? []
    if (denied === action) return { outcome: 'denied' }
    // A condition on a key also asks for the right to read it, or to know that it is missing.
    return { outcome: 'unknown', why: `${denied} was denied before it came to that` }
  }
}
