/** First and last byte, both included. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * What of `size` bytes a Range header asks for (RFC 9110, section 14): undefined for all, which also answers what is no
 * single range; `unsatisfiable` when nothing of it is there.
 */
export function parseByteRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') return Number(last) === 0 || size === 0 ? 'unsatisfiable' : suffix(Number(last), size)
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

function suffix(length: number, size: number): ByteRange {
  return { start: Math.max(0, size - length), end: size - 1 }
}
