import { NiceBlobsError } from './model/errors.ts'

/** The application overwrote or removed it between the hash and the copy. */
export function sourceChanged(subject: string, cause?: unknown): NiceBlobsError {
  return new NiceBlobsError('SOURCE_CHANGED', 'the object changed after it was hashed', {
    subject,
    hint: 'nothing was stored; the next run looks again',
    cause,
  })
}
