import type { Sabotage } from './sabotage.ts'

/** What keeps an adoption from taking over anything but what it hashed, and from undoing what came after it. */

const FLOWS = ['test/flows/adopt*.test.ts']
const PLAN = ['test/unit/adopt-plan.test.ts', 'test/flows/adopt.test.ts']
const KEYS = ['test/unit/predecessor-key.test.ts']
const ON_S3 = ['test/contract/predecessor-on-s3.test.ts']

export const ADOPT_SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'two keys of a predecessor become one blob (I3)',
    file: 'core/model/predecessor-key.ts',
    find: 'return predecessorKey(naming, ref) === key ? ref : undefined',
    put: 'return ref',
    suites: KEYS,
  },
  {
    breaks: 'a row of another size stands for the blob (I3)',
    file: 'core/model/adopt-plan.ts',
    find: 'if (row.size !== size)',
    put: 'if (size < 0)',
    suites: PLAN,
  },
  {
    breaks: 'what was swept since is adopted anew',
    file: 'core/model/adopt-plan.ts',
    find: "return { step: 'collected', reason:",
    put: "return { step: 'adopt', reason:",
    suites: PLAN,
  },
  {
    breaks: 'a copy is not looked at before its row is written (I3)',
    file: 'core/adopt.ts',
    find: "const verified = put.outcome === 'stored' && put.vouched ? put : undefined",
    put: "const verified = put.outcome === 'stored' ? put : undefined",
    suites: FLOWS,
  },
  {
    breaks: 'bytes that came otherwise than they lie there are believed (I2)',
    file: 'core/adopt.ts',
    find: 'if (fits || hashed.facts.sha256 === last) return hashed',
    put: 'return hashed',
    suites: FLOWS,
  },
  {
    breaks: 'verifying believes whatever it has read (I3)',
    file: 'core/adopt.ts',
    find: 'if (facts.sha256 !== row.sha256)',
    put: 'if (facts.size < 0)',
    suites: FLOWS,
  },
  {
    breaks: 'another state than was hashed is copied (I3)',
    file: 'core/aws/s3-copies.ts',
    find: ', CopySourceIfMatch: etag }',
    put: ' }',
    suites: ON_S3,
  },
  {
    breaks: 'another state than was hashed is read again (I3)',
    file: 'core/aws/s3-predecessor.ts',
    find: 'const condition = etag === undefined ? {} : { IfMatch: etag }',
    put: 'const condition = etag === undefined ? {} : {}',
    suites: ['test/contract/sandbox.test.ts'],
  },
  {
    breaks: 'a source that changed is taken for an object that is there already (I3)',
    file: 'core/aws/s3-copies.ts',
    find: "if (put.outcome === 'present' && !(await bucket.head(to)))",
    put: "if (put.outcome === 'present' && to === '')",
    suites: ON_S3,
  },
  {
    breaks: 'an ETag of what is encrypted is taken for an MD5',
    file: 'core/aws/s3-predecessor.ts',
    find: 'if (SSECustomerAlgorithm !== undefined ||',
    put: 'if (',
    suites: ON_S3,
  },
]
