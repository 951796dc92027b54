import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { blobKey, blobPrefix, isDatabaseName, parseBlobKey } from '../../core/model/key.ts'
import { formatRef, parseRef } from '../../core/model/ref.ts'
import { anyDatabase, anyRef } from './arbitrary.ts'

const HOSTILE = [
  '..',
  '../../etc/passwd',
  '/',
  '',
  '0x04d2',
  '00000000000004D2',
  '４d2',
  'a'.repeat(17),
  '00000000000004d2\n',
]

describe('refs', () => {
  it('are read back from the text they are written as', () => {
    fc.assert(fc.property(anyRef, ref => assert.deepEqual(parseRef(formatRef(ref)), ref)))
  })

  it('are read from nothing else: an id is parsed before it becomes a path', () => {
    for (const text of HOSTILE) {
      assert.throws(() => parseRef(text), { code: 'REF_INVALID' })
      assert.throws(() => parseRef(`${text}/03d167f919308700`), { code: 'REF_INVALID' })
      assert.throws(() => parseRef(`00000000000004d2/${text}`), { code: 'REF_INVALID' })
    }
    assert.throws(() => parseRef('nonsense'), { code: 'REF_INVALID', subject: 'nonsense' })
    fc.assert(
      fc.property(fc.string(), text => {
        try {
          assert.equal(formatRef(parseRef(text)), text)
        } catch (error) {
          assert.equal((error as { code: string }).code, 'REF_INVALID')
        }
      }),
    )
  })
})

describe('keys', () => {
  it('are as docs/formats.md says', () => {
    const ref = { oid: '00000000000004d2', tid: '03d167f919308700' }
    assert.equal(blobKey('main', ref), 'blobs/main/00000000000004d2/03d167f919308700')
  })

  it('are read back from the text they are written as', () => {
    fc.assert(
      fc.property(anyDatabase, anyRef, (database, ref) => {
        assert.deepEqual(parseBlobKey(blobKey(database, ref)), { database, ref })
      }),
    )
  })

  it('are read from nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          anyRef.map(ref => `blobs/A/${ref.oid}/${ref.tid}`),
        ),
        text => {
          const parsed = parseBlobKey(text)
          assert.ok(parsed === undefined || blobKey(parsed.database, parsed.ref) === text)
        },
      ),
    )
  })

  it('of one database are never below the prefix of another (I9)', () => {
    fc.assert(
      fc.property(anyDatabase, anyDatabase, anyRef, (one, other, ref) => {
        fc.pre(one !== other)
        assert.ok(!blobKey(one, ref).startsWith(blobPrefix(other)))
      }),
    )
  })

  it('take only names of databases that cannot leave their place', () => {
    for (const name of ['main', 'a', 'site-2']) assert.ok(isDatabaseName(name))
    for (const name of ['', 'Main', '-a', 'a-', 'a/b', '..', 'a#b', 'ä', 'a'.repeat(64)])
      assert.ok(!isDatabaseName(name))
  })
})
