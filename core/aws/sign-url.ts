import { getSignedUrl } from '@aws-sdk/cloudfront-signer'
import { NiceBlobsError } from '../model/errors.ts'
import type { SigningKey } from '../model/signing-keys.ts'

export type UrlKey = Pick<SigningKey, 'name' | 'privateKey'> & { readonly keyPairId: string }

/** The URL with a canned policy of CloudFront: exactly this one, until `expires`, in milliseconds and whole seconds. */
export function signUrl(url: string, expires: number, { name, keyPairId, privateKey }: UrlKey): string {
  try {
    return getSignedUrl({ url, keyPairId, privateKey, dateLessThan: expires, algorithm: 'SHA256' })
  } catch {
    // Without its cause: who knows what it tells of the key.
    throw new NiceBlobsError('FORMAT_UNKNOWN', 'the signing key cannot sign', {
      subject: name,
      hint: 'see in docs/operations.md how keys are made anew',
    })
  }
}
