import { readVariables, type Variables } from '../read-variables.ts'

/** The environment of the function, by the names that the stack gives and the handler reads. */
export const ENVIRONMENT = {
  table: 'INDEX_TABLE',
  bucket: 'BLOB_BUCKET',
  installation: 'INSTALLATION',
} as const

export const readEnvironment = (variables: Variables) => readVariables(ENVIRONMENT, variables)
