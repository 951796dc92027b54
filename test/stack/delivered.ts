import { newPublicKey } from '../unit/public-keys.ts'

/** A database with a key that signs and one that waits. */
export function delivered(more: object = {}): object {
  return { publicKeys: [newPublicKey(), newPublicKey()], ...more }
}

export const DOMAIN = {
  names: ['files.example.net', 'more.example.net'],
  certificate: 'arn:aws:acm:us-east-1:111122223333:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
}
export const WEB_ACL =
  'arn:aws:wafv2:us-east-1:111122223333:global/webacl/some-name/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
