/** The value that a text is in JSON; `undefined`, which is none, for any other text. A schema says the rest. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
