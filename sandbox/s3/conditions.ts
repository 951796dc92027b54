/** What a reader knows already, in the order in which HTTP asks for it (RFC 9110, 13.2.2). */

interface Known {
  readonly etag: string
  /** As HTTP writes it. */
  readonly lastModified: string
}

/** The status of an answer without the bytes, or undefined where they are wanted. */
export function judgeConditions(
  header: (name: string) => string | undefined,
  { etag, lastModified }: Known,
): 304 | 412 | undefined {
  const modifiedAfter = (date: string) => Date.parse(lastModified) > Date.parse(date)
  const match = header('if-match')
  const unmodified = header('if-unmodified-since')
  if (match !== undefined && !names(match, etag)) return 412
  if (match === undefined && unmodified !== undefined && modifiedAfter(unmodified)) return 412

  const noneMatch = header('if-none-match')
  const modified = header('if-modified-since')
  if (noneMatch !== undefined) return names(noneMatch, etag) ? 304 : undefined
  const isDate = modified !== undefined && !Number.isNaN(Date.parse(modified))
  return isDate && !modifiedAfter(modified) ? 304 : undefined
}

function names(list: string, etag: string): boolean {
  return list.split(',').some(each => ['*', etag].includes(each.trim().replace(/^W\//, '')))
}

/** An answer without the bytes says nothing of their kind: it would change what the reader knows. */
export function withoutContent(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')))
}
