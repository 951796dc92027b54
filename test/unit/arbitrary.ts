import fc from 'fast-check'

/** Ids with many and few leading zeros, as ZODB gives them, and any others. */
const anyId = fc
  .oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 100_000n }))
  .map(number => number.toString(16).padStart(16, '0'))

export const anyRef = fc.record({ oid: anyId, tid: anyId }, { noNullPrototype: true })

export const anyDatabase = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/)
