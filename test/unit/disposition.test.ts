import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Content,
  formatDisposition,
  judgeDisposition,
  type Wanted,
} from '../../core/model/disposition.ts'
import { extensionOf, plainName } from '../../core/model/file-name.ts'
import { readDisposition } from './read-disposition.ts'

/** What somebody would try in a name. */
const NASTY = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\t',
  '\x7f',
  '\x85',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\u2069',
  '\u200f',
  '\u061c',
  '\ufeff',
  '"',
  '\\',
  '/',
  "'",
  ';',
  '=',
  '%',
  '%0d%0a',
  '%22',
  '*',
  ',',
  ' ',
  '.',
  '..',
  'filename=',
  "filename*=UTF-8''",
  'attachment',
  'inline',
  '\ud800',
  '\udc00',
  '😀',
  'ä',
  'é',
  '日本',
  '.html',
  '.png',
  '<script>',
]
const anyUnit = fc.string({ unit: 'binary', minLength: 1, maxLength: 3 })
const anyName = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), anyUnit), { maxLength: 60 })
  .map(parts => parts.join(''))
const BAD = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff/\\]/u

describe('the header Content-Disposition', () => {
  it('is what was judged and a plain name, whatever a file is called', () => {
    fc.assert(
      fc.property(anyName, fc.constantFrom('inline' as const, 'attachment' as const), (name, disposition) => {
        const { type, filename, fallback } = readDisposition(formatDisposition(disposition, name))
        assert.equal(type, disposition)
        assert.equal(filename, plainName(name))
        for (const each of [filename, fallback])
          assert.ok(each === undefined || !BAD.test(each), JSON.stringify(each))
      }),
      { numRuns: 2_000 },
    )
  })

  it('has little to say, however long a name is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('"', '日', '😀', 'ü', '%41', 'a', '\u{e0041}', '\\"'),
        fc.nat(5_000),
        anyName,
        (text, times, name) => {
          const long = `${text.repeat(times)}${name}.jpg`
          assert.ok(encodeURIComponent(formatDisposition('attachment', long)).length < 4_000)
          assert.ok(Buffer.byteLength(plainName(long) ?? '') <= 200)
        },
      ),
    )
  })

  it('keeps every name that is harmless', () => {
    const anyHarmless = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter(name => !BAD.test(name) && !/^\s|[\s.]$/u.test(name) && Buffer.byteLength(name) <= 200)
    fc.assert(
      fc.property(anyHarmless, name => {
        assert.equal(readDisposition(formatDisposition('attachment', name)).filename, name)
      }),
    )
  })

  for (const [name, header] of [
    ['a.pdf', 'attachment; filename=a.pdf'],
    ['two words.pdf', 'attachment; filename="two words.pdf"'],
    ['Zürich.jpg', `attachment; filename="Z?rich.jpg"; filename*=UTF-8''Z%C3%BCrich.jpg`],
    ['😀.png', `attachment; filename="??.png"; filename*=UTF-8''%F0%9F%98%80.png`],
    ['say "hi".txt', 'attachment; filename="say \\"hi\\".txt"'],
    ['gnp.\u202elmth.exe', 'attachment; filename=gnp.lmth.exe'],
    ['../../etc/passwd', 'attachment; filename=.._.._etc_passwd'],
    ['a.jpg\r\nSet-Cookie: x=y', 'attachment; filename="a.jpgSet-Cookie: x=y"'],
    ['evil.exe. . .', 'attachment; filename=evil.exe'],
    [' \u202e.. ', 'attachment'],
    ['', 'attachment'],
    [undefined, 'attachment'],
  ] as const)
    it(`of ${JSON.stringify(name)}`, () => assert.equal(formatDisposition('attachment', name), header))

  it('keeps the extension of a name that is too long, and no half of a character', () => {
    const name = plainName(`${'😀'.repeat(100)}.jpeg`) ?? ''
    assert.match(name, /^(?:😀)+\.jpeg$/u)
    assert.ok(Buffer.byteLength(name) > 190)
  })
})

const JPEG: Content = { told: 'image/jpeg', seen: 'image/jpeg', mixed: false }
const inline = (wanted: Wanted, content = JPEG) =>
  judgeDisposition({ disposition: 'inline', ...wanted }, content)

describe('what is shown', () => {
  it('is nothing that was not to be shown', () => {
    assert.equal(judgeDisposition({ filename: 'a.jpg', contentType: 'image/jpeg' }, JPEG), 'attachment')
    assert.equal(judgeDisposition({ disposition: 'attachment' }, JPEG), 'attachment')
  })

  it('is what all agree on', () => {
    for (const wanted of [
      {},
      { filename: 'a.jpg' },
      { filename: 'A.JPEG' },
      { filename: 'a' },
      { contentType: 'image/jpeg' },
      { filename: null, contentType: null },
    ])
      assert.equal(inline(wanted), 'inline', JSON.stringify(wanted))
    assert.equal(inline({ contentType: 'IMAGE/JPG; charset=binary', filename: '2. Mai.jpe' }), 'inline')
  })

  it('is nothing that somebody says otherwise of', () => {
    const otherwise = ['a.html', 'a.jpg.html', 'a.jpg.html...', 'a.svg', '.html', 'a.png', 'a.jpg\u202e.exe']
    for (const filename of otherwise) assert.equal(inline({ filename }), 'attachment', filename)
    for (const contentType of ['text/html', 'image/svg+xml', 'image/png', '', 'application/octet-stream'])
      assert.equal(inline({ contentType }), 'attachment', contentType)
    assert.equal(inline({}, { ...JPEG, told: 'image/png' }), 'attachment')
    assert.equal(inline({}, { ...JPEG, seen: 'image/png' }), 'attachment')
    assert.equal(inline({}, { ...JPEG, mixed: true }), 'attachment')
  })

  it('is never a type that is not on the list, whoever agrees on it', () => {
    for (const type of [
      'text/html',
      'image/svg+xml',
      'application/xml',
      'application/pdf',
      'text/plain',
      'application/octet-stream',
      '',
    ])
      assert.equal(
        inline({ contentType: type }, { told: type, seen: type, mixed: false }),
        'attachment',
        type,
      )
  })

  it('goes by the last extension', () => {
    for (const [name, extension] of [
      ['a.jpg', 'jpg'],
      ['a.tar.GZ', 'gz'],
      ['.htaccess', 'htaccess'],
      ['vom 3. Mai', ''],
      ['none', ''],
    ] as const)
      assert.equal(extensionOf(name), extension)
  })
})
