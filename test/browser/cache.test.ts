import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visit } from './browser.ts'
import { escapeUrl, stage } from './stage.ts'
import { watchRequests } from './watch-requests.ts'

const { browser, edge, site, openUrls, upload } = stage
/** A page as any host of a fleet makes it. Windows of days: the visits are within one, unless a test runs when one ends. */
async function makePage(): Promise<string> {
  const { ref } = upload('china.jpg')
  const signed = await openUrls('7d').url(ref, { filename: 'Zürich.jpg', disposition: 'inline' })
  return `<!doctype html><img src="${escapeUrl(signed?.url ?? '')}">`
}

test('is handed the same URL by another host at the second visit, and asks its own cache', async t => {
  const page = await visit(t, browser)
  const watched = watchRequests(edge.url)
  t.after(watched.end)
  const first = await makePage()
  await page.goto(site.serve(first))
  assert.equal(watched.asked.length, 1)

  // In a tab of its own, whose memory has nothing of the first one.
  const second = await makePage()
  assert.equal(second, first)
  const tab = await page.context().newPage()
  await tab.goto(site.serve(second))
  assert.equal(await tab.evaluate(`document.querySelector('img').naturalWidth`), 640)
  assert.equal(watched.asked.length, 1)
})

test('answers a reload from the browser’s cache too', async t => {
  const page = await visit(t, browser)
  const watched = watchRequests(edge.url)
  t.after(watched.end)
  await page.goto(site.serve(await makePage()))
  await page.reload()
  assert.equal(await page.evaluate(`document.querySelector('img').naturalWidth`), 640)
  assert.equal(watched.asked.length, 1)
})
