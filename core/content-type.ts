import { fileTypeFromBuffer } from 'file-type'

/** How much of a file's beginning its type is read from. */
export const SNIFFED_BYTES = 4100

const UNKNOWN = 'application/octet-stream'

/** The media type by magic bytes; what has none is bytes, never text or html (docs/security.md, later delivery). */
export async function contentTypeOf(head: Uint8Array): Promise<string> {
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? UNKNOWN
  } catch {
    // A crafted file may confuse the detector; that must not keep its blob from being archived.
    return UNKNOWN
  }
}
