/**
 * A reader of Content-Disposition by the grammars of RFC 6266 and RFC 8187, and stricter than any browser: what is not
 * exactly one type with parameters of different names throws.
 */

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PARAMETER = new RegExp(`^; (${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`)

export interface ReadDisposition {
  type: string
  /** What a browser saves it under, and what one that knows no RFC 8187 does. */
  filename: string | undefined
  fallback: string | undefined
}

export function readDisposition(header: string): ReadDisposition {
  if (!/^[\x20-\x7e]*$/.test(header)) throw new Error('not all printable ASCII')
  const [type = ''] = new RegExp(`^${TOKEN}`).exec(header) ?? []
  if (type === '') throw new Error('no type')
  const parameters = new Map<string, string>()
  let rest = header.slice(type.length)
  while (rest !== '') {
    const [whole, name, token, quoted] = PARAMETER.exec(rest) ?? []
    if (whole === undefined || name === undefined) throw new Error(`no parameter: ${rest}`)
    if (parameters.has(name)) throw new Error(`twice: ${name}`)
    parameters.set(name, token ?? (quoted ?? '').replace(/\\(.)/g, '$1'))
    rest = rest.slice(whole.length)
  }
  const fallback = parameters.get('filename')
  const extended = parameters.get('filename*')
  return { type, fallback, filename: extended === undefined ? fallback : readExtended(extended) }
}

function readExtended(value: string): string {
  const [, text] = /^UTF-8''((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-Fa-f]{2})*)$/.exec(value) ?? []
  if (text === undefined) throw new Error(`no extended value: ${value}`)
  const bytes = text
    .match(/%..|[^%]/g)
    ?.map(part => (part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0)))
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes ?? []))
}
