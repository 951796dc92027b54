import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visit } from './browser.ts'
import { stage } from './stage.ts'

const { browser, distribution, edge, site, slipIn } = stage

async function followLink(t: Parameters<typeof visit>[0]): Promise<string | undefined> {
  const page = await visit(t, browser)
  const there = site.serve('<!doctype html>')
  await page.goto(await slipIn(Buffer.from(`<!doctype html><a href="${there}">On</a>`), 'text/html'))
  await page.click('a')
  await page.waitForURL(there)
  const asked = site.asked.find(({ path }) => site.url + path === there)
  assert.ok(asked)
  return asked.referer
}

test('tells no site that comes next where its visitor was', async t => {
  assert.equal(await followLink(t), undefined)
})

test('hears of it where the edge does not say so', async t => {
  edge.deploy({ ...distribution, addedHeaders: [] })
  t.after(() => edge.deploy(distribution))
  assert.equal(await followLink(t), `${edge.url}/`)
})
