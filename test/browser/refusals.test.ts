import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { signUrl } from '../../core/aws/sign-url.ts'
import { generateKey } from '../../core/generate-key.ts'
import { blobKey } from '../../core/model/key.ts'
import { visit } from './browser.ts'
import { escapeUrl, stage } from './stage.ts'

const { browser, site, edge, key, link, openUrls, upload } = stage

/** Opened by itself and in a page: nobody sees any of it. */
async function requireRefused(page: Page, url: string): Promise<void> {
  const answer = await page.goto(url)
  assert.equal(answer?.status(), 403)
  assert.match((await answer?.text()) ?? '', /<Code>(AccessDenied|InvalidKey|MissingKey)<\/Code>/)
  await page.goto(site.serve(`<!doctype html><img src="${escapeUrl(url)}">`))
  assert.equal(await page.evaluate(`document.querySelector('img').naturalWidth`), 0)
}

const SHOWN = { disposition: 'inline' } as const

/** In the text itself, whose other parts stay as they were signed. */
const CHANGES: readonly (readonly [what: string, from: RegExp | string, to: string])[] = [
  ['another blob', blobKey('main', upload('china.jpg').ref), blobKey('main', upload('chelsea.png').ref)],
  ['a path with more behind it', '?', '/?'],
  ['another disposition', '=inline', '=attachment'],
  ['another name', 'china.jpg', 'paper.jpg'],
  ['no disposition', /response-content-disposition=[^&]*&/, ''],
  ['a query that nobody signed', '?', '?response-content-type=text%2Fhtml&'],
  ['a later end', /Expires=(\d+)/, 'Expires=1$1'],
  ['another key’s name', /Key-Pair-Id=\w+/, 'Key-Pair-Id=K00000000000000'],
  ['another algorithm', 'SHA256', 'SHA1'],
  ['no signature', /&Signature=[^&]*/, ''],
  ['nothing but its path', /\?.*/, ''],
]

for (const [what, from, to] of CHANGES) {
  test(`refuses a URL that was changed to ${what}`, async t => {
    const page = await visit(t, browser)
    const { url } = await link('china.jpg', SHOWN)
    assert.equal((await page.goto(url))?.status(), 200)
    const changed = url.replace(from, to)
    assert.notEqual(changed, url)
    await requireRefused(page, changed)
  })
}

test('refuses what a key has signed that is none of this edge’s, under the name of one that is', async t => {
  const page = await visit(t, browser)
  const { ref } = upload('china.jpg')
  const plain = `${edge.url}/${blobKey('main', ref)}?response-content-disposition=inline`
  const end = Math.ceil(Date.now() / 1000) * 1000 + 60_000
  const foreign = { ...(await generateKey('ec', Date.now())), keyPairId: key.keyPairId }
  assert.equal((await page.goto(signUrl(plain, end, key)))?.status(), 200)
  await requireRefused(page, signUrl(plain, end, foreign))
})

test('refuses a URL once it has expired, unless the browser has kept what it opened', async t => {
  const page = await visit(t, browser)
  const { ref } = upload('china.jpg')
  const signed = await openUrls('2s').url(ref, { filename: 'short.jpg', ...SHOWN })
  assert.ok(signed)
  assert.equal((await page.goto(signed.url))?.status(), 200)
  await delay(signed.expires + 1_000 - Date.now())
  await requireRefused(await visit(t, browser), signed.url)
  assert.equal((await page.goto(signed.url))?.status(), 200)
})
