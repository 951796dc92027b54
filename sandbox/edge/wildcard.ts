/** As policies have it: * is any number of characters, ? exactly one. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${parts}$`, 's').test(text)
}
