import { readFile } from 'node:fs/promises'
import { NiceBlobsError } from '../../core/model/errors.ts'

const BYTES = 32

/** A key of the application's own, as zodb-s3blobs has it: base64 in a file of its own, since options are seen by everybody on the host. */
export async function readCustomerKey(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw wrongKey(file, 'the file with the customer key cannot be read', cause)
  })
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === BYTES && key.toString('base64') === text.trim()) return text.trim()
  throw wrongKey(file, 'no customer key is in this file')
}

function wrongKey(subject: string, message: string, cause?: unknown): NiceBlobsError {
  return new NiceBlobsError('USAGE_WRONG', message, {
    subject,
    hint: 'write 32 bytes in base64 into it, as s3-sse-customer-key has them, and nothing else',
    cause,
  })
}
