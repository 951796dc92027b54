import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { visit } from './browser.ts'
import { escapeUrl, stage } from './stage.ts'

const { browser, site, openUrls, upload } = stage
const urls = openUrls()
const { ref, bytes } = upload('toc-depth.pdf')

/** What an application calls a blob, and under what Chromium saves it, which takes some for other characters by itself. */
const NAMES: readonly (readonly [about: string, filename: string | undefined, saved: string])[] = [
  ['plain', 'report.pdf', 'report.pdf'],
  ['with umlauts', 'Jürgens Übersicht für Zürich.pdf', 'Jürgens Übersicht für Zürich.pdf'],
  ['with umlauts in two characters', 'Zu\u0308rich.pdf', 'Z\u00fcrich.pdf'],
  ['with percent signs', '100%25 %41.pdf', '100%25 %41.pdf'],
  ['with quotes', 'The "first" ‘second’ „third“.pdf', 'The _first_ ‘second’ „third“.pdf'],
  ['with semicolons and equals signs', 'a; filename=evil.exe.pdf', 'a; filename=evil.exe.pdf'],
  ['with a second header', 'a\r\nSet-Cookie: b=c\r\n\r\n.pdf', 'aSet-Cookie_ b=c.pdf'],
  ['with emoji', 'Ferien 🏖️ 🐈.pdf', 'Ferien 🏖️ 🐈.pdf'],
  ['of another script', '壁掛け時計 ساعة.pdf', '壁掛け時計 ساعة.pdf'],
  ['that turns the direction of writing', 'invoice\u202Efdp.exe', 'invoicefdp.exe'],
  ['with slashes of both kinds', '../../etc/passwd\\x.pdf', '_.._etc_passwd_x.pdf'],
  ['with control characters', 'a\u0000b\u001b[1mc\u009fd.pdf', 'ab[1mcd.pdf'],
  ['of 300 letters', `${'ä'.repeat(300)}.pdf`, `${'ä'.repeat(98)}.pdf`],
  ['with half a character', 'half\ud83d.pdf', 'half.pdf'],
]

for (const [about, filename, saved] of NAMES) {
  test(`saves under a name ${about}`, async t => {
    assert.deepEqual(await save(t, filename), { name: saved, bytes })
  })
}

test('saves under some name what has none left', async t => {
  for (const filename of [undefined, '', '...', '\u202e\u0000', ' ']) {
    const { name } = await save(t, filename)
    assert.match(name, /^[\w-]+(\.pdf)?$/)
  }
})

test('saves under the name of the URL, and not under one that a page gives', async t => {
  const { name } = await save(t, 'report.pdf', 'download="evil.exe"')
  assert.equal(name, 'report.pdf')
})

async function save(
  test: TestContext,
  filename: string | undefined,
  attributes = '',
): Promise<{ name: string; bytes: Buffer }> {
  const page = await visit(test, browser)
  const signed = await urls.url(ref, { filename })
  assert.ok(signed)
  await page.goto(site.serve(`<!doctype html><a href="${escapeUrl(signed.url)}" ${attributes}>It</a>`))
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')])
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
}
