/** What the proxy can do to an exchange. */

/** Error answers by their code: XML as of S3 or JSON as of DynamoDB; without a body for a HEAD. */
export const ERROR_STATUS = {
  InternalError: 500,
  ServiceUnavailable: 503,
  SlowDown: 503,
  ConditionalRequestConflict: 409,
  ThrottlingException: 400,
  ProvisionedThroughputExceededException: 400,
  TooManyRequestsException: 429,
} as const

export type ErrorName = keyof typeof ERROR_STATUS

/** `before`: the request does not reach the server. `after`: the server does its work, and its answer is lost. */
const MOMENTS = ['before', 'after'] as const

const INSTEAD_OF_THE_ANSWER = [
  ...(Object.keys(ERROR_STATUS) as ErrorName[]),
  /** The connection is reset. */
  'reset',
  /** Nothing ever comes. */
  'stall',
] as const

const WITHIN_THE_EXCHANGE = [
  /** Half of the answer's body, then a reset. */
  'resetInBody',
  /** Half of the answer's body, then nothing ever. */
  'stallInBody',
  /** Half of the answer's body, then an orderly close: fewer bytes than Content-Length says. */
  'shortBody',
  /** Half of the answer's body, and Content-Length says the same. */
  'shortAnswer',
  /** Nothing of the answer's body, and Content-Length says the same. */
  'emptyAnswer',
  /** More bytes than the server sent, and Content-Length says the same. */
  'longAnswer',
  /** One bit in the middle of the answer's body is another. */
  'flippedAnswer',
  /** One bit in the middle of the request's body is another. */
  'flippedRequest',
  /** Every x-amz-checksum-* and the ETag of the answer are others. */
  'wrongChecksum',
  /** The x-amz-meta-sha256 of the answer is another. */
  'wrongMetadata',
] as const

export type Fault =
  | { readonly name: (typeof INSTEAD_OF_THE_ANSWER)[number]; readonly moment: (typeof MOMENTS)[number] }
  | { readonly name: (typeof WITHIN_THE_EXCHANGE)[number] }
  /** The answer's body trickles: so many bytes at a time, and milliseconds before each. */
  | { readonly name: 'slowBody'; readonly piece: number; readonly pause: number }

export type FaultName = Fault['name']
export type Replacement = Extract<Fault, { moment: unknown }>

/** Each fault, at both moments where it has two: for tests that go through all of them. */
export const EVERY_FAULT: readonly Fault[] = [
  ...INSTEAD_OF_THE_ANSWER.flatMap(name => MOMENTS.map(moment => ({ name, moment }))),
  ...WITHIN_THE_EXCHANGE.map(name => ({ name })),
  { name: 'slowBody', piece: 100, pause: 1 },
]
