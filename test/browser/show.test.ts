import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../sandbox/installation.ts'
import { keepScreenshot, visit } from './browser.ts'
import { escapeUrl, stage } from './stage.ts'
import { watchRequests } from './watch-requests.ts'

const { browser, edge, site, link, upload } = stage
const WIDTHS = { 'china.jpg': 640, 'chelsea.png': 451 }
/** Of an image, a recording or a film that a browser has opened, by itself or in a page. */
const IMAGE_WIDTH = `document.querySelector('img').naturalWidth`
const PLAYER = `document.querySelector('video, audio')`
const LONGEST_RANGE = 'bytes=0-'

for (const [name, width] of Object.entries(WIDTHS)) {
  test(`shows ${name} in a page of another site`, async t => {
    const page = await visit(t, browser)
    const { url, disposition } = await link(name, { disposition: 'inline' })
    assert.equal(disposition, 'inline')
    await page.goto(site.serve(`<!doctype html><title>Shown</title><img src="${escapeUrl(url)}">`))
    assert.equal(await page.evaluate(IMAGE_WIDTH), width)
    await keepScreenshot(page, `in-a-page-${name}`)
  })

  test(`shows ${name} in a page that lets in nothing which does not allow it`, async t => {
    const page = await visit(t, browser)
    const { url } = await link(name, { disposition: 'inline' })
    const headers = { 'content-type': 'text/html', 'cross-origin-embedder-policy': 'require-corp' }
    await page.goto(site.serve(`<!doctype html><img src="${escapeUrl(url)}">`, headers))
    assert.equal(await page.evaluate(IMAGE_WIDTH), width)
  })

  test(`opens ${name} by itself`, async t => {
    const page = await visit(t, browser)
    const complaints: string[] = []
    page.on('console', message => complaints.push(message.text()))
    await page.goto((await link(name, { disposition: 'inline' })).url)
    assert.equal(await page.evaluate(IMAGE_WIDTH), width)
    await keepScreenshot(page, `by-itself-${name}`)
    assert.deepEqual(complaints, [])
  })
}

for (const name of ['recording.wav', 'film.webm']) {
  test(`opens ${name} by itself, and plays it`, async t => {
    const page = await visit(t, browser)
    const { url, disposition } = await link(name, { disposition: 'inline' })
    assert.equal(disposition, 'inline')
    await page.goto(url)
    await until('the medium', () => page.evaluate(`${PLAYER}.readyState === 4`), 20_000)
    await page.evaluate(`void ${PLAYER}.play()`)
    await until('the sound', () => page.evaluate(`${PLAYER}.currentTime > 0.1`), 20_000)
    await keepScreenshot(page, `by-itself-${name}`)
  })
}

test('plays on from the middle of a recording, which it asks for by its range', async t => {
  const page = await visit(t, browser)
  const { url } = await link('recording.wav', { disposition: 'inline' })
  const watched = watchRequests(edge.url)
  t.after(watched.end)
  await page.goto(
    site.serve(`<!doctype html><audio controls preload="metadata" src="${escapeUrl(url)}"></audio>`),
  )
  await until('the beginning', () => page.evaluate(`${PLAYER}.readyState >= 1`), 20_000)
  await page.evaluate(`${PLAYER}.currentTime = ${PLAYER}.duration / 2`)
  await until('the middle', () => page.evaluate(`!${PLAYER}.seeking && ${PLAYER}.readyState >= 3`), 20_000)
  assert.equal(await page.evaluate(`${PLAYER}.error`), null)

  const later = watched.asked.filter(({ range }) => range !== LONGEST_RANGE)
  assert.ok(later.length > 0, 'it was fetched in one piece')
  const starts = later.map(({ range = '' }) => Number(/^bytes=(\d+)-/.exec(range)?.[1]))
  const middle = upload('recording.wav').bytes.length / 2
  assert.ok(
    starts.some(start => Math.abs(start - middle) < middle / 4),
    `it was asked for from ${starts}`,
  )
  assert.ok(watched.asked.every(({ status = 206 }) => status === 206))
})
