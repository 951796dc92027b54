import type { FileHandle } from 'node:fs/promises'
import { describeBeginning } from '../../core/beginning.ts'
import { SNIFFED_BYTES } from '../../core/content-type.ts'
import { formatDisposition, judgeDisposition, type Wanted } from '../../core/model/disposition.ts'
import { CONTENT_SECURITY_POLICY } from '../../core/model/security-policy.ts'
import type { Answer } from './answer.ts'

/**
 * A blob is whatever somebody uploaded: it may run nothing on the application's own origin, and is embedded by nobody else's
 * pages. examples/nginx has the same once more, since nginx takes none of them from here.
 */
export const SAFE = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-site',
}

/** What browsers are told of an open file: its type by magic bytes, and what to do with it. */
export async function describe(file: FileHandle, wanted: Wanted): Promise<Answer['headers']> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(SNIFFED_BYTES), position: 0 })
  const content = await describeBeginning(buffer.subarray(0, bytesRead))
  const disposition = formatDisposition(judgeDisposition(wanted, content), wanted.filename)
  return { ...SAFE, 'content-type': content.told, 'content-disposition': disposition }
}

/** Of one that no disk takes, and whose beginning is not looked at. */
export function describeUnseen({ filename }: Wanted): Answer['headers'] {
  const disposition = formatDisposition('attachment', filename)
  return { ...SAFE, 'content-type': 'application/octet-stream', 'content-disposition': disposition }
}
