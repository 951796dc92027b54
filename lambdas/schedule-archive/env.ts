/** The environment of the function, by the names that the stack gives and the handler reads. */
export const ENVIRONMENT = { table: 'INDEX_TABLE', installation: 'INSTALLATION' } as const

export interface Environment {
  table: string
  /** The name of the stack, under which metrics are told. */
  installation: string
}

export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string) => {
    const value = variables[name]
    if (!value) throw new Error(`the environment lacks ${name}: deploy the function with its stack`)
    return value
  }
  return { table: read(ENVIRONMENT.table), installation: read(ENVIRONMENT.installation) }
}
