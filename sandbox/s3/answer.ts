import type { Readable } from 'node:stream'

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text is an XML document. */
  readonly body?: string | Buffer | Readable
}

/** An answer that says no. The text of the message is ours; programs read the status and the code. */
export class S3Error extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function refuse(status: number, code: string, message: string, headers?: S3Error['headers']): never {
  throw new S3Error(status, code, message, headers)
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
type Content = Record<string, string | number | boolean | undefined>

/** A document of these elements and, behind them, of others that are XML already. */
export function xml(root: string, content: Content, children: readonly string[] = []): string {
  // An error is the one document that S3 sends without its namespace.
  const namespace = root === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
  const inner = elements(content) + children.join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${inner}</${root}>`
}

/** One for each entry, in their order; what is undefined is left out. */
export function elements(content: Content): string {
  const given = Object.entries(content).filter(([, value]) => value !== undefined)
  return given.map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`).join('')
}

/** What the elements of this name contain: enough for the flat documents that clients send. */
export function contentsOf(document: string, name: string): string[] {
  const element = new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, 'gs')
  return [...document.matchAll(element)].map(match => match[1] ?? '')
}

// Keys may hold control characters, and parsers turn a bare carriage return into a line feed.
function escaped(text: string): string {
  const codeOf = (character: string) => `&#x${character.charCodeAt(0).toString(16)};`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  return text.replace(/[&<>"\u0000-\u001f]/g, character => ESCAPES[character] ?? codeOf(character))
}
