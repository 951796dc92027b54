import { createHash, randomBytes } from 'node:crypto'
import { refuse } from './answer.ts'
import type { StoredObject } from './bucket.ts'
import type { Call } from './call.ts'

/** Keys of callers' own (SSE-C). The bytes lie there as they came: what matters is that nobody gets them without the key. */

const OWN = 'x-amz-server-side-encryption-customer-'
const OF_A_SOURCE = 'x-amz-copy-source-server-side-encryption-customer-'

/** The MD5 in base64 of the key that came with a request. */
export function customerKey({ header }: Pick<Call, 'header'>, of: 'object' | 'source' = 'object') {
  const prefix = of === 'object' ? OWN : OF_A_SOURCE
  const [algorithm, text, md5] = ['algorithm', 'key', 'key-md5'].map(name => header(prefix + name))
  if (algorithm === undefined && text === undefined && md5 === undefined) return undefined
  const key = Buffer.from(text ?? '', 'base64')
  const fits = algorithm === 'AES256' && key.length === 32
  if (!fits) refuse(400, 'InvalidArgument', 'A customer key has 32 bytes, for AES256')
  if (createHash('md5').update(key).digest('base64') !== md5)
    refuse(400, 'InvalidArgument', 'The MD5 is not of the customer key')
  return md5
}

/** What is encrypted so has an ETag that is no MD5. */
export function encryption(call: Call): Partial<StoredObject> {
  const md5 = customerKey(call)
  return md5 === undefined ? {} : { customerKey: md5, etag: randomBytes(16).toString('hex') }
}

export function requireCustomerKey({ customerKey }: StoredObject, given: string | undefined): void {
  if (customerKey === given) return
  if (given === undefined) refuse(400, 'InvalidRequest', 'The object is encrypted with a customer key')
  if (customerKey === undefined) refuse(400, 'InvalidRequest', 'The object has no customer key')
  refuse(403, 'AccessDenied', 'The customer key is another one')
}

export function customerKeyHeaders(md5: string | undefined): Record<string, string> {
  return md5 === undefined ? {} : { [`${OWN}algorithm`]: 'AES256', [`${OWN}key-md5`]: md5 }
}
