import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'

const SCREENSHOTS = join(import.meta.dirname, '../../.work/browser')

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM
  if (!executablePath) throw new Error('`npm run test:browser` knows where Chromium is')
  // In the plain locale of a machine without one, files have names of ASCII alone.
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  return chromium.launch({ executablePath, args: ARGUMENTS, env })
}

/** A page of a visitor who has never been here. */
export async function visit(test: TestContext, browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } })
  test.after(() => context.close())
  return context.newPage()
}

/** For people to look at. */
export async function keepScreenshot(
  page: Page,
  name: string,
  options: { fullPage?: boolean } = {},
): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ ...options, path: join(SCREENSHOTS, `${name}.png`) })
}
