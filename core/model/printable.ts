/** A file's name for a terminal: control characters, which could move the cursor or hide a line, are spelled out. */
export function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
