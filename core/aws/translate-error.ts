import { BlobUnavailable, NiceBlobsError, type UnavailableCode } from '../model/errors.ts'

/** The one place that knows what AWS and Node call their troubles. */

interface Translation {
  code: UnavailableCode
  names: readonly string[]
  message: string
  hint: string
}

const TRANSLATIONS: readonly Translation[] = [
  {
    code: 'CREDENTIALS_WRONG',
    names: [
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'ExpiredToken',
      'ExpiredTokenException',
      'InvalidToken',
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'CredentialsProviderError',
      'TokenProviderError',
      'InvalidSignatureException',
    ],
    message: 'the credentials are not accepted',
    hint: 'check the access key or the role of this host, and its clock',
  },
  {
    code: 'CLOCK_WRONG',
    names: ['RequestTimeTooSkewed'],
    message: 'the server refuses the clock of this host',
    hint: 'have the clock of this host set by NTP',
  },
  {
    code: 'ACCESS_DENIED',
    names: [
      'AccessDenied',
      'AccessDeniedException',
      'Forbidden',
      'AllAccessDisabled',
      'DecryptionFailure',
      'EncryptionFailure',
      '403',
    ],
    message: 'access is denied',
    hint: 'these credentials may not do this here; compare their policy with docs/security.md',
  },
  {
    code: 'REGION_WRONG',
    names: [
      'PermanentRedirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
      'MovedPermanently',
      '301',
    ],
    message: 'the bucket is in another region',
    hint: 'set bucket.region to the region the bucket is in',
  },
  {
    code: 'BUCKET_MISSING',
    names: ['NoSuchBucket'],
    message: 'there is no such bucket',
    hint: 'check bucket.name, bucket.region and bucket.endpoint',
  },
  {
    code: 'INDEX_MISSING',
    names: ['ResourceNotFoundException'],
    message: 'there is no such table',
    hint: 'check index.table, index.region and index.endpoint',
  },
  {
    code: 'SERVER_BUSY',
    names: [
      'SlowDown',
      'ConditionalRequestConflict',
      'OperationAborted',
      'ServiceUnavailable',
      'RequestLimitExceeded',
      'Throttling',
      'ThrottlingException',
      'TooManyRequestsException',
      'ProvisionedThroughputExceededException',
      'RequestTimeout',
      'InternalError',
      'InternalServerError',
      'InternalServiceError',
      'LimitExceededException',
      '429',
      '500',
      '502',
      '503',
      '504',
    ],
    message: 'the server asks for patience',
    hint: 'nothing is lost; run it again later, with fewer jobs at a time',
  },
  {
    code: 'SERVER_UNREACHABLE',
    names: [
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOTFOUND',
      'EAI_AGAIN',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EPIPE',
      'TimeoutError',
      'NetworkingError',
      'ERR_STREAM_PREMATURE_CLOSE',
      'IncompleteBody',
    ],
    message: 'the server cannot be reached',
    hint: 'check the endpoint, the network and the proxy settings of this host',
  },
]

interface AwsError {
  name?: string
  code?: string
  Code?: string
  message?: string
  errors?: unknown[]
  $metadata?: { httpStatusCode?: number }
  $response?: { statusCode?: number }
}

/** An error of ours for an error of AWS or of the network; errors of ours pass unchanged. */
export function translateError(error: unknown, subject: string): NiceBlobsError {
  if (error instanceof NiceBlobsError) return error
  const names = namesOf(error as AwsError)
  const found = TRANSLATIONS.find(translation => translation.names.some(name => names.includes(name)))
  const told = (error as AwsError).message || names[0] || 'no reason given'
  if (found)
    return new BlobUnavailable(found.code, `${found.message} (${told})`, {
      subject,
      hint: found.hint,
      cause: error,
    })
  return new BlobUnavailable('SERVER_FAILED', `the server failed (${told})`, {
    subject,
    hint: 'run it again; if it stays, the cause names what the server said',
    cause: error,
  })
}

/** The names first, the status last: a status alone says least. */
function namesOf(error: AwsError): string[] {
  const status = statusOf(error)
  const inner = Array.isArray(error.errors) ? error.errors.flatMap(each => namesOf(each as AwsError)) : []
  return [error.Code, error.code, error.name, ...inner, status?.toString()].filter(name => name !== undefined)
}

/** What is known of an error but for what it quotes: a server or a parser may repeat there what it was given. */
export function withoutContents(error: unknown): unknown {
  if (error instanceof NiceBlobsError) return error
  const [, denied] = /not authorized to perform: ([\w-]+:\w+)/.exec((error as AwsError).message ?? '') ?? []
  const names = namesOf(error as AwsError)
  return { message: denied ?? names[0], errors: names.map(code => ({ code })) }
}

export function hasName(error: unknown, ...names: readonly string[]): boolean {
  return namesOf(error as AwsError).some(name => names.includes(name))
}

export function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as AwsError
  return $metadata?.httpStatusCode ?? $response?.statusCode
}
