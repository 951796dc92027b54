import { NiceBlobsError, translateSystemError } from '../../core/model/errors.ts'

/** Whatever was thrown, as an error that can be told. */
export function asError(thrown: unknown): NiceBlobsError {
  if (thrown instanceof NiceBlobsError) return thrown
  const known = translateSystemError(thrown)
  if (known) return known
  return new NiceBlobsError('INTERNAL', (thrown as Error).message, {
    subject: 'agent',
    hint: 'this should not happen: please report it with the agent’s log',
    cause: thrown,
  })
}
