/** The stack's output that `nice-blobs init` reads. */
export const CLIENT_CONFIGURATION = 'ClientConfiguration'
