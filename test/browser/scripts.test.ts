import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { visit } from './browser.ts'
import { CANARY, HOSTILE_UPLOADS } from './hostile-uploads.ts'
import { escapeUrl, stage } from './stage.ts'

const { browser, distribution, edge, site, link, slipIn } = stage

const UNKNOWN = 'application/octet-stream'
/** To whoever takes them for anything else they are a picture and a sound, and shown as such. */
const ONLY_SCRIPTS = new Set(['script.gif', 'script.wav'])

for (const { name, bytes, careless } of HOSTILE_UPLOADS) {
  const contentType = careless === UNKNOWN ? undefined : careless

  test(`runs nothing of ${name}, for which an application asks to have it shown`, async t => {
    const page = await visit(t, browser)
    const { url, disposition } = await link(name, { disposition: 'inline', contentType })
    assert.equal(disposition, ONLY_SCRIPTS.has(name) ? 'inline' : 'attachment')
    assert.deepEqual(await tryAllWays(page, url), [])
  })

  test(`saves ${name}`, async t => {
    const page = await visit(t, browser)
    await page.goto(site.serve(`<!doctype html><a href="${escapeUrl((await link(name)).url)}">It</a>`))
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')])
    assert.equal(download.suggestedFilename(), name)
    assert.match(page.url(), new RegExp(`^${site.url}`))
  })

  test(`runs nothing of ${name}, should it lie in the bucket as ${careless} and be signed as shown`, async t => {
    const page = await visit(t, browser)
    assert.deepEqual(await tryAllWays(page, await slipIn(bytes, careless)), [])
  })
}

/** Or else nobody would hear of a script that runs. */
describe('an edge', () => {
  after(() => edge.deploy(distribution))

  for (const { name, bytes, careless } of HOSTILE_UPLOADS) {
    const missing = careless === UNKNOWN ? 'x-content-type-options' : 'content-security-policy'
    test(`would let a browser run ${name} without ${missing}`, async t => {
      const addedHeaders = distribution.addedHeaders.filter(header => header.name.toLowerCase() !== missing)
      edge.deploy({ ...distribution, addedHeaders })
      const page = await visit(t, browser)
      const ran = await tryAllWays(page, await slipIn(bytes, careless))
      assert.ok(ran.length > 0)
    })
  }
})

test('lets no page of another site read what the browser has fetched', async t => {
  const page = await visit(t, browser)
  const { url } = await link('page.html')
  await page.goto(site.serve('<!doctype html>'))
  const read = `fetch(${JSON.stringify(url)}, MODE).then(answer => answer.text(), error => error.name)`
  assert.equal(await page.evaluate(read.replace('MODE', '{}')), 'TypeError')
  assert.equal(await page.evaluate(read.replace('MODE', `{ mode: 'no-cors' }`)), '')
})

/** What is heard of its scripts when it is opened by itself, and in every place of a page that could run one. */
async function tryAllWays(page: Page, url: string): Promise<string[]> {
  const heard: string[] = []
  page.on('console', message => {
    if (message.text() === CANARY) heard.push(page.url())
  })
  const source = escapeUrl(url)
  await page.goto(
    site.serve(`<!doctype html><title>An application</title>
<script src="${source}"></script><script type="module" src="${source}"></script><link rel="stylesheet" href="${source}">
<iframe src="${source}"></iframe><object data="${source}"></object><embed src="${source}"><img src="${source}">`),
  )
  await page.evaluate(`import(${JSON.stringify(url)}).catch(() => {})`)
  await hearAll(page)
  // A download ends the attempt to open it.
  await page.goto(url).catch(() => {})
  await hearAll(page)
  return heard
}

/** What a frame has said comes before its answer. */
async function hearAll(page: Page): Promise<void> {
  await Promise.allSettled(page.frames().map(frame => frame.evaluate('0')))
}
