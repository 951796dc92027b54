/** A file's name as a browser may be told to save under. */

/** In bytes of UTF-8. File systems take 255, and a browser adds to a name that is taken. */
const LONGEST = 200

/** Controls, what breaks a line, halves of surrogate pairs, and what makes a name read in another order than it is. */
const HIDDEN = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu
const SEPARATORS = /[/\\]/g
const EXTENSION = /\.[^\s.]{1,20}$/u

/** Undefined when nothing is left of it that could be a name. */
export function plainName(name: string): string | undefined {
  const plain = trim(name.replace(HIDDEN, '').replace(SEPARATORS, '_'))
  return plain === '' ? undefined : shorten(plain)
}

/** Lower-case and without its dot; empty for none. */
export function extensionOf(name: string): string {
  return (EXTENSION.exec(name)?.[0] ?? '').slice(1).toLowerCase()
}

/** Windows leaves out dots and spaces at the end, which would make another extension the last one. */
function trim(name: string): string {
  return name.replace(/^\s+|[\s.]+$/gu, '')
}

/** The extension stays: it says what the file is opened with. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name
  const [extension = ''] = EXTENSION.exec(name) ?? []
  const base = name.slice(0, name.length - extension.length)
  return `${trim(cut(base, LONGEST - Buffer.byteLength(extension))) || '_'}${extension}`
}

/** The first characters that together take so many bytes at the most. */
function cut(text: string, longest: number): string {
  let length = 0
  let end = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > longest) break
    end += character.length
  }
  return text.slice(0, end)
}
