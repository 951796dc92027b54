import type { FileHandle } from 'node:fs/promises'
import { isOfTheCache } from '../read/blobs.ts'
import type { Answer } from './answer.ts'
import { parseByteRange } from './byte-range.ts'
import type { Database } from './databases.ts'
import type { VolumeRequest } from './request.ts'

const BYTES = { 'content-type': 'application/octet-stream' }

/** Works without a cache too, though only as a whole where no disk takes the blob. */
export async function giveBytes(
  { blobs }: Database,
  { ref }: VolumeRequest,
  range: string | undefined,
): Promise<Answer> {
  try {
    return await sendFile(await blobs.open(ref), range, BYTES)
  } catch (error) {
    if (!isOfTheCache(error)) throw error
    return { status: 200, headers: BYTES, body: await blobs.stream(ref) }
  }
}

/** All of it or a range; the file is closed after that. */
export async function sendFile(
  file: FileHandle,
  asked: string | undefined,
  description: Answer['headers'],
): Promise<Answer> {
  const { size } = await file.stat()
  const range = parseByteRange(asked, size)
  const headers = { ...description, 'accept-ranges': 'bytes' }
  if (range === 'unsatisfiable') {
    await file.close()
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` }, body: '' }
  }
  if (range === undefined)
    return { status: 200, headers: { ...headers, 'content-length': size }, body: file.createReadStream() }
  const { start, end } = range
  const contentRange = `bytes ${start}-${end}/${size}`
  return {
    status: 206,
    headers: { ...headers, 'content-length': end - start + 1, 'content-range': contentRange },
    body: file.createReadStream({ start, end }),
  }
}
