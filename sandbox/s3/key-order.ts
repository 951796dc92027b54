/** By code points, which have the order of their UTF-8 bytes; JavaScript's own order is that of UTF-16. */
export function utf8Order(a: string, b: string): number {
  let at = 0
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1)
}

/** Those with the prefix, from a key on, that one included; its place is found by halving. */
export function* keysFrom(keys: readonly string[], from: string, prefix: string): Generator<string> {
  const first = utf8Order(from, prefix) > 0 ? from : prefix
  let low = 0
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >>> 1
    if (utf8Order(keys[middle] ?? '', first) < 0) low = middle + 1
    else high = middle
  }
  for (let key = keys[low]; key?.startsWith(prefix); key = keys[++low]) yield key
}
