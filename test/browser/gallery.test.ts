import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type EdgeStage, setEdgeStage } from '../../examples/demo/edge-stage.ts'
import { serveGallery } from '../../examples/demo/gallery/serve.ts'
import { until } from '../../sandbox/installation.ts'
import { keepScreenshot, visit } from './browser.ts'
import { stage } from './stage.ts'

const PICTURES = `[...document.images].map(({ complete, naturalWidth }) => complete && naturalWidth > 0)`
const PLAYER = `document.querySelector('audio')`

describe('the gallery of the demo', () => {
  let edgeStage: EdgeStage
  let gallery: { url: string; close(): void }
  before(async () => {
    edgeStage = await setEdgeStage()
    gallery = await serveGallery(edgeStage)
  })
  after(async () => {
    gallery?.close()
    await edgeStage?.strike()
  })

  const open = async (page: Page): Promise<void> => {
    await page.goto(gallery.url)
  }

  it('fits a telephone', async t => {
    const page = await visit(t, stage.browser)
    await page.setViewportSize({ width: 360, height: 740 })
    await open(page)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
    await keepScreenshot(page, 'gallery-telephone', { fullPage: true })
  })

  it('shows every picture, and breaks none of its own rules', async t => {
    const page = await visit(t, stage.browser)
    const complaints: string[] = []
    page.on('console', message => complaints.push(message.text()))
    await open(page)
    const shown: boolean[] = await page.evaluate(PICTURES)
    assert.equal(shown.length, edgeStage.exhibits.photographs.length + 1)
    assert.ok(shown.every(picture => picture))
    await keepScreenshot(page, 'gallery')
    await keepScreenshot(page, 'gallery-whole', { fullPage: true })
    assert.deepEqual(complaints, [])
  })

  it('plays its recording from the middle', async t => {
    const page = await visit(t, stage.browser)
    await open(page)
    await page.evaluate(`${PLAYER}.currentTime = ${PLAYER}.duration / 2`)
    await until('the middle', () => page.evaluate(`!${PLAYER}.seeking && ${PLAYER}.readyState >= 3`), 20_000)
    assert.ok(await page.evaluate(`${PLAYER}.currentTime > 10`))
  })

  it('saves what could run a script, and each download under the name that it shows', async t => {
    const page = await visit(t, stage.browser)
    await open(page)
    const { harmful, downloads } = edgeStage.exhibits
    for (const { filename } of [...harmful, ...downloads]) {
      // The page, too, leaves out what Chromium does.
      const name = filename.replaceAll('\u202e', '').replaceAll('"', '_')
      const link = page.locator('table.files a', { hasText: filename.split(/[",\u202e]/)[0] ?? '' })
      const [download] = await Promise.all([page.waitForEvent('download'), link.first().click()])
      assert.equal(download.suggestedFilename(), name)
    }
  })

  it('leads with the links that it says are refused to a refusal', async t => {
    const page = await visit(t, stage.browser)
    await open(page)
    const links: string[] = await page.locator('section:has-text("What opens nothing") a').evaluateAll(
      // The DOM's types are not known here.
      found => found.map(link => String(link)),
    )
    assert.equal(links.length, 5)
    for (const link of links) assert.equal((await page.goto(link))?.status(), 403)
  })
})
