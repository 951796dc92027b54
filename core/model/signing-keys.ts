import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { jsonIn } from './json-in.ts'
import { MINUTE } from './quantity.ts'

/** The keys that sign a database's URLs, as its secret holds them (docs/formats.md, "Signing keys"). */

const signingKey = z.strictObject({
  /** Of its public key (core/model/public-key.ts). */
  name: z.string().regex(/^[0-9a-f]{16}$/),
  type: z.enum(['ec', 'rsa']),
  /** PKCS #8, PEM. It is in no message, log or output. */
  privateKey: z.string().startsWith('-----BEGIN PRIVATE KEY-----'),
  /** SubjectPublicKeyInfo in base64, as the configuration has it. */
  publicKey: z.string().min(1),
  /** Milliseconds since 1970. */
  createdAt: z.int().nonnegative(),
  /** By which id CloudFront knows it; known when it begins to sign. */
  keyPairId: z
    .string()
    .regex(/^[A-Z0-9]+$/)
    .optional(),
  /** When it began to sign: milliseconds since 1970, as all times here. */
  signingSince: z.int().nonnegative().optional(),
  /** When another one began to sign in its place. */
  replacedAt: z.int().nonnegative().optional(),
  /** Of a replaced key: until when its URLs may live, by the lifetime of that time. */
  urlsUntil: z.int().nonnegative().optional(),
})

const signingKeys = z.strictObject({
  formatVersion: z.literal(1),
  database: z.string(),
  /** The name of the key that signs. */
  signing: z.string().optional(),
  keys: z.array(signingKey),
})

export type SigningKey = Readonly<z.infer<typeof signingKey>>
export type SigningKeys = Readonly<z.infer<typeof signingKeys>>

/** How often whoever signs reads the secret again, beside its work: milliseconds. */
export const REREAD_EVERY = 2.5 * MINUTE
/** After so long without reading it, signing waits for it: by then a change of keys is known everywhere, but for outages. */
export const NOTICED_WITHIN = 2 * REREAD_EVERY

/** What the stack calls the secret with a database's signing keys. */
export function signingKeysName(stack: string, database: string): string {
  return `${stack}/${database}/url-signing-key`
}

/** Throws FORMAT_UNKNOWN, which tells nothing of the text. */
export function parseSigningKeys(text: string, database: string): SigningKeys {
  const keys = signingKeys.safeParse(jsonIn(text)).data
  const signing = keys?.keys.find(({ name }) => name === keys.signing)
  const whole = keys?.signing === undefined || signing?.keyPairId !== undefined
  if (keys && keys.database === database && whole) return keys
  throw new NiceBlobsError(
    'FORMAT_UNKNOWN',
    'the secret holds no signing keys of this database, or of a version that is not known here',
    {
      subject: database,
      hint: 'update this host; or see in docs/operations.md how keys are made anew',
    },
  )
}

export function formatSigningKeys(keys: SigningKeys): string {
  return JSON.stringify(signingKeys.parse(keys))
}

/** What signs; undefined before the first `keys rotate`. */
export function signingKeyOf({
  keys,
  signing,
}: SigningKeys): (SigningKey & { keyPairId: string }) | undefined {
  const key = keys.find(({ name }) => name === signing)
  return key?.keyPairId === undefined ? undefined : { ...key, keyPairId: key.keyPairId }
}
