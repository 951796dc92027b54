/** The stack's output that `nice-blobs init` reads. */
export const CLIENT_CONFIGURATION = 'ClientConfiguration'

/**
 * The one that `nice-blobs keys rotate` reads: JSON, by database the names of the public keys that are deployed, and by which id
 * CloudFront knows each: `{"main":{"3f2a…":"K2JCJMDEHXQW5F"}}`.
 */
export const SIGNING_KEYS = 'SigningKeys'
