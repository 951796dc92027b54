export type Variables = Readonly<Record<string, string | undefined>>

/** What the environment of a function says, under the names that the stack gives; an Error for what it lacks. */
export function readVariables<Key extends string>(
  names: Readonly<Record<Key, string>>,
  variables: Variables,
): Record<Key, string> {
  const entries = Object.entries<string>(names).map(([key, name]) => {
    const value = variables[name]
    if (!value) throw new Error(`the environment lacks ${name}: deploy the function with its stack`)
    return [key, value]
  })
  return Object.fromEntries(entries)
}
