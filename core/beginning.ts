import { contentTypeOf } from './content-type.ts'
import type { Content } from './model/disposition.ts'
import { hasSecondFormat } from './model/second-format.ts'

/** What the first bytes of a blob tell, SNIFFED_BYTES of them; `told` is the media type that browsers will be told. */
export async function describeBeginning(bytes: Uint8Array, told?: string): Promise<Content> {
  const seen = await contentTypeOf(bytes)
  return { told: told ?? seen, seen, mixed: hasSecondFormat(bytes) }
}
