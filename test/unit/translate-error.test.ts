import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasName, translateError } from '../../core/aws/translate-error.ts'
import { BlobMissing, BlobUnavailable, EXIT, NiceBlobsError } from '../../core/model/errors.ts'

const awsError = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error('told by the server'), { name, $metadata: { httpStatusCode } })

describe('errors of AWS and of the network', () => {
  it('become codes that tell what to do, and never a missing blob (I11)', () => {
    const expected: [unknown, string][] = [
      [awsError('InvalidAccessKeyId', 403), 'CREDENTIALS_WRONG'],
      [awsError('SignatureDoesNotMatch', 403), 'CREDENTIALS_WRONG'],
      [Object.assign(new Error('none'), { name: 'CredentialsProviderError' }), 'CREDENTIALS_WRONG'],
      [awsError('RequestTimeTooSkewed', 403), 'CLOCK_WRONG'],
      [awsError('AccessDenied', 403), 'ACCESS_DENIED'],
      [awsError('UnknownError', 403), 'ACCESS_DENIED'],
      [awsError('AuthorizationHeaderMalformed'), 'REGION_WRONG'],
      [awsError('PermanentRedirect', 301), 'REGION_WRONG'],
      [awsError('NoSuchBucket', 404), 'BUCKET_MISSING'],
      [awsError('ResourceNotFoundException'), 'INDEX_MISSING'],
      [awsError('SlowDown', 503), 'SERVER_BUSY'],
      [awsError('ProvisionedThroughputExceededException'), 'SERVER_BUSY'],
      [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'SERVER_UNREACHABLE'],
      [
        new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], ''),
        'SERVER_UNREACHABLE',
      ],
      [awsError('SomethingNew', 418), 'SERVER_FAILED'],
      [new Error(), 'SERVER_FAILED'],
      ['a text', 'SERVER_FAILED'],
    ]
    for (const [error, code] of expected) {
      const translated = translateError(error, 's3://bucket/key')
      assert.equal(translated.code, code)
      assert.ok(translated instanceof BlobUnavailable)
      assert.ok(!(translated instanceof BlobMissing))
      assert.equal(translated.exitStatus, EXIT.unavailable)
      assert.equal(translated.cause, error)
      assert.ok(translated.hint.length > 10 && translated.message.length > 5)
    }
  })

  it('of our own pass unchanged', () => {
    const own = new NiceBlobsError('BLOB_DAMAGED', 'x', { subject: 'y', hint: 'z' })
    assert.equal(translateError(own, 'other'), own)
  })

  it('are known by name, code and status', () => {
    assert.ok(hasName(awsError('PreconditionFailed', 412), '412'))
    assert.ok(!hasName(awsError('Other', 400), '412'))
  })
})
