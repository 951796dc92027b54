import { readFile } from 'node:fs/promises'
import { NiceBlobsError } from '../../core/model/errors.ts'

const BYTES = 32
const ENCODINGS = ['base64', 'hex'] as const

/** A key of the application's own, as zodb-s3blobs has it: base64 in a file of its own, since options are seen by everybody on the host. */
export async function readCustomerKey(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw wrongKey(file, 'the file with the customer key cannot be read', cause)
  })
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === BYTES && key.toString('base64') === text.trim()) return text.trim()
  throw wrongKey(file, 'no customer key is in this file')
}

/** Somebody who has given the key itself shall not find it in a log. */
function wrongKey(file: string, message: string, cause?: unknown): NiceBlobsError {
  if (isKey(file))
    return new NiceBlobsError('USAGE_WRONG', 'the key itself was given, or a name that looks like one', {
      subject: '--sse-customer-key',
      hint: 'write the key into a file and give its name: what is typed is seen by everybody on the host',
    })
  return new NiceBlobsError('USAGE_WRONG', message, {
    subject: file,
    hint: 'write 32 bytes in base64 into it, as s3-sse-customer-key has them, and nothing else',
    cause,
  })
}

/** In base64 of any kind, or in hex. */
function isKey(word: string): boolean {
  return ENCODINGS.some(encoding => Buffer.from(word.trim(), encoding).length === BYTES)
}
