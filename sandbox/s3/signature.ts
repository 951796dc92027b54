import type { IncomingMessage } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import { refuse } from './answer.ts'
import { divide } from './call.ts'
import { Sha256 } from './sha256.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+\/[a-z0-9]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** By how much a caller's clock may be wrong, in milliseconds. */
const LARGEST_SKEW = 15 * 60_000

/** Signs the request once more: a caller with the credentials that we know comes to the same signature. */
export function createSignatureCheck(
  { ...credentials }: Credentials,
  region: string,
  now: () => number,
  service = 's3',
) {
  const settings = { service, sha256: Sha256, uriEscapePath: false, applyChecksum: false }
  const signer = new SignatureV4({ ...settings, credentials, region })

  return async ({ method = 'GET', url = '/', headers: all }: IncomingMessage): Promise<void> => {
    const { authorization = '', 'x-amz-date': date = '' } = all
    if (authorization === '') refuse(403, 'AccessDenied', 'There is no Authorization header')
    const [, accessKeyId, scope, names = '', signature] = AUTHORIZATION.exec(authorization) ?? []
    if (scope !== `${region}/${service}`) {
      const message = `Expected a Signature Version 4 for '${region}/${service}', not '${scope}'`
      refuse(400, 'AuthorizationHeaderMalformed', message, { 'x-amz-bucket-region': region })
    }
    if (accessKeyId !== credentials.accessKeyId)
      refuse(403, 'InvalidAccessKeyId', `There is no access key ${accessKeyId}`)
    const signableHeaders = new Set(names.split(';'))
    const isSigned = (name: string) => signableHeaders.has(name)
    const unsigned = Object.keys(all).filter(name => /^(host$|x-amz-)/.test(name) && !isSigned(name))
    if (unsigned.length > 0) refuse(403, 'AccessDenied', `Headers were not signed: ${unsigned}`)

    const [path, search] = divide(url, '?')
    const query = Object.fromEntries(new URLSearchParams(search))
    const headers = Object.fromEntries(names.split(';').map(name => [name, String(all[name])]))
    const request = { method, protocol: 'http:', hostname: '127.0.0.1', path, query, headers }
    const signingDate = new Date(String(date).replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6Z'))
    if (Number.isNaN(signingDate.getTime())) refuse(403, 'AccessDenied', 'There is no valid x-amz-date')
    const expected = await signer.sign(request, { signingDate, signableHeaders })
    if (!expected.headers.authorization?.endsWith(`Signature=${signature}`))
      refuse(403, 'SignatureDoesNotMatch', 'The signature is not of this request and secret key')
    if (Math.abs(now() - signingDate.getTime()) > LARGEST_SKEW)
      refuse(403, 'RequestTimeTooSkewed', `It is ${new Date(now()).toISOString()} here`)
  }
}
