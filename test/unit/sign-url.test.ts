import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { signUrl } from '../../core/aws/sign-url.ts'
import { isSignedBy, type KeyType, makeKeys } from './canned-policy.ts'

const EXPIRES = Date.UTC(2030, 0, 1)
const PLAIN =
  'https://edge.example/blobs/main/00000000000004d2/03d167f919308700?response-content-disposition=attachment'

const keys = { ec: makeKeys('ec'), rsa: makeKeys('rsa') }
const keyOf = (type: KeyType) => ({
  name: 'some',
  keyPairId: 'K2JCJMDEHXQW5F',
  privateKey: keys[type].privateKey,
})

for (const type of ['ec', 'rsa'] as const)
  describe(`a URL signed with a key of type ${type}`, () => {
    it('has the signature that CloudFront documents', () => {
      const url = signUrl(PLAIN, EXPIRES, keyOf(type))
      assert.ok(url.startsWith(`${PLAIN}&Expires=${EXPIRES / 1000}&`))
      assert.equal(new URL(url).searchParams.get('Key-Pair-Id'), 'K2JCJMDEHXQW5F')
      assert.ok(isSignedBy(url, keys[type].publicKey))
      assert.ok(!isSignedBy(url, makeKeys(type).publicKey))
    })

    it('is signed as it is sent, whatever is percent-encoded in it', () => {
      const anyText = fc.string({ unit: 'binary', maxLength: 50 }).filter(text => text.isWellFormed())
      fc.assert(
        fc.property(anyText, text => {
          const plain = `${PLAIN}%3B${strict(text)}`
          const url = signUrl(plain, EXPIRES, keyOf(type))
          assert.ok(url.startsWith(`${plain}&`))
          assert.ok(isSignedBy(url, keys[type].publicKey))
        }),
        { numRuns: 50 },
      )
    })

    it(
      type === 'rsa' ? 'is the same on every host' : 'is another one each time, which the documents say',
      () => {
        const [one, other] = [signUrl(PLAIN, EXPIRES, keyOf(type)), signUrl(PLAIN, EXPIRES, keyOf(type))]
        assert.equal(one === other, type === 'rsa')
      },
    )

    it('is another one as soon as any character is', () => {
      const url = signUrl(PLAIN, EXPIRES, keyOf(type))
      const signed = url.slice(0, url.indexOf('&Key-Pair-Id'))
      fc.assert(
        fc.property(fc.nat(signed.length - 1), fc.constantFrom('0', 'a', '~'), (at, character) => {
          fc.pre(url[at] !== character)
          const changed = `${url.slice(0, at)}${character}${url.slice(at + 1)}`
          let accepted = false
          try {
            accepted = isSignedBy(changed, keys[type].publicKey)
          } catch {
            // It is no signed URL any more.
          }
          assert.ok(!accepted, changed)
        }),
      )
    })
  })

it('a key that cannot sign is told without anything of it', () => {
  const [first, secret = '', ...rest] = keys.ec.privateKey.split('\n')
  const privateKey = [first, `${secret.slice(0, -4)}AAAA`, ...rest].join('\n')
  assert.throws(
    () => signUrl(PLAIN, EXPIRES, { ...keyOf('ec'), privateKey: privateKey.slice(0, 90) }),
    (error: unknown) => {
      const told = inspect(error, { depth: 9, showHidden: true })
      return told.includes('FORMAT_UNKNOWN') && !told.includes(secret.slice(0, 20))
    },
  )
})

function strict(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
