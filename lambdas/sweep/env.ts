/** The environment of the function, by the names that the stack gives and the handler reads. */
export const ENVIRONMENT = {
  table: 'INDEX_TABLE',
  bucket: 'BLOB_BUCKET',
  installation: 'INSTALLATION',
} as const
