import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { judgeKey } from '../../core/model/adopt-plan.ts'
import {
  FORMS,
  isPredecessorBucket,
  type Naming,
  parsePredecessorKey,
  predecessorKey,
  prefixOf,
  rootOf,
} from '../../core/model/predecessor-key.ts'
import { anyRef } from './arbitrary.ts'

const REF = { oid: '00000000000004d2', tid: '03d167f919308700' }
const ZERO = { oid: '0'.repeat(16), tid: '0'.repeat(16) }

const anyNaming = fc.record(
  { form: fc.constantFrom(...FORMS), prefix: fc.string().map(prefixOf) },
  { noNullPrototype: true },
)
/** Texts that are nearly keys. */
const nearKey = fc.stringMatching(
  /^(?:site\/)?(?:blobs\/)?0{0,3}[0-9a-fA-F]{0,17}\/?0{0,3}[0-9a-f]{0,17}\.?blob[\n/]?$/,
)
const anyKey = fc.oneof(fc.string(), nearKey)

describe('the keys of predecessors', () => {
  it('are those of their own code', () => {
    const ancestor: Naming = { form: 'collective.s3blobs', prefix: '' }
    assert.equal(predecessorKey(ancestor, REF), '00000000000004d203d167f919308700.blob')
    const modern: Naming = { form: 'zodb-s3blobs', prefix: '' }
    assert.equal(predecessorKey(modern, REF), 'blobs/4d2/3d167f919308700.blob')
    assert.equal(predecessorKey(modern, ZERO), 'blobs/0/0.blob')
    assert.equal(predecessorKey({ ...modern, prefix: 'a/b/' }, REF), 'a/b/blobs/4d2/3d167f919308700.blob')
  })

  it('are read back from the text they are written as', () => {
    fc.assert(
      fc.property(anyNaming, anyRef, (naming, ref) => {
        const key = predecessorKey(naming, ref)
        assert.deepEqual(parsePredecessorKey(naming, key), ref)
        assert.ok(key.startsWith(rootOf(naming)))
      }),
    )
  })

  it('are read from nothing else, so that two keys are never one blob', () => {
    fc.assert(
      fc.property(anyNaming, anyKey, (naming, key) => {
        const ref = parsePredecessorKey(naming, key)
        if (ref) assert.equal(predecessorKey(naming, ref), key)
      }),
      { numRuns: 2_000 },
    )
    const hostile = [
      'blobs/04d2/3d167f919308700.blob',
      'blobs/4D2/3d167f919308700.blob',
      'blobs/4d2/.blob',
      'blobs//3d167f919308700.blob',
      'blobs/4d2/3d167f919308700.blob\n',
      'blobs/4d2/3d167f919308700',
      'blobs/4d2/x/3d167f919308700.blob',
      'blobs/../4d2/3d167f919308700.blob',
      'other/blobs/4d2/3d167f919308700.blob',
      'blobs/main/00000000000004d2/03d167f919308700',
      '00000000000004d203d167f91930870.blob',
      '00000000000004d2003d167f919308700.blob',
      '00000000000004D203d167f919308700.blob',
      '.blob',
      '',
    ]
    for (const form of FORMS)
      for (const key of hostile) assert.equal(parsePredecessorKey({ form, prefix: '' }, key), undefined, key)
  })

  it('of one form are none of the other, and are told to be so', () => {
    fc.assert(
      fc.property(anyRef, fc.string().map(prefixOf), (ref, prefix) => {
        for (const form of FORMS) {
          const others = FORMS.filter(each => each !== form)
          for (const other of others) {
            const key = predecessorKey({ form: other, prefix }, ref)
            assert.deepEqual(judgeKey({ form, prefix }, key), { foreign: `a key of ${other}` })
          }
        }
      }),
    )
    assert.deepEqual(judgeKey({ form: 'zodb-s3blobs', prefix: '' }, 'blobs/x'), {
      foreign: 'no key of zodb-s3blobs',
    })
  })

  it('take a prefix with and without slashes behind it', () => {
    assert.deepEqual(['', '/', 'a', 'a/', 'a/b//'].map(prefixOf), ['', '', 'a/', 'a/', 'a/b/'])
  })
})

describe('the name of a predecessor’s bucket', () => {
  it('may be an old one, or that of another server', () => {
    for (const name of ['abc', 'example-site.blobs', 'Old_Bucket', 'a'.repeat(255)])
      assert.ok(isPredecessorBucket(name), name)
  })

  it('is no address, and has no key after it', () => {
    const wrong = ['', 'ab', 's3://abc', 'abc/', 'abc/site', 'https://abc.s3.amazonaws.com', 'abc\n', ' abc']
    for (const text of [...wrong, 'arn:aws:s3:::abc', 'a'.repeat(256)])
      assert.ok(!isPredecessorBucket(text), text)
  })
})
