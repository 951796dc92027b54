import { create } from 'content-disposition'
import { extensionOf, plainName } from './file-name.ts'
import { type InlineKind, inlineKindOf } from './inline-kinds.ts'

/** What a browser does with a blob that it opens by itself. */
export type Disposition = 'inline' | 'attachment'

/** What an application says of a blob that it hands out; null, which its database may have, is nothing said. */
export interface Wanted {
  /** Under which it is saved. */
  readonly filename?: string | null | undefined
  /** `attachment` unless said otherwise; `inline` is given only for what is safe to show. */
  readonly disposition?: Disposition | null | undefined
  /** The media type, if it knows one: what has another is not shown. */
  readonly contentType?: string | null | undefined
}

/** What is known of a blob's bytes. */
export interface Content {
  /** The media type that browsers are told. */
  readonly told: string
  /** The one by the magic bytes of its beginning. */
  readonly seen: string
  /** Whether its beginning is also that of something else. */
  readonly mixed: boolean
}

/**
 * Whether it may be shown. Every one who has a say must name the same kind: who stored it, its bytes, the application,
 * and the extension of its name, by which it would be opened once it is saved.
 */
export function judgeDisposition(wanted: Wanted, { told, seen, mixed }: Content): Disposition {
  const kind = inlineKindOf(seen)
  const shown = wanted.disposition === 'inline' && kind !== undefined && !mixed
  const agreed = shown && inlineKindOf(told) === kind && agrees(wanted, kind)
  return agreed ? 'inline' : 'attachment'
}

function agrees({ filename, contentType }: Wanted, kind: InlineKind): boolean {
  const extension = extensionOf(plainName(filename ?? '') ?? '')
  const named = extension === '' || kind.extensions.includes(extension)
  return named && (typeof contentType !== 'string' || inlineKindOf(contentType) === kind)
}

/** The header Content-Disposition (RFC 6266), all in ASCII. */
export function formatDisposition(disposition: Disposition, filename?: string | null): string {
  return create(plainName(filename ?? ''), { type: disposition })
}
