import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { Test } from 'tap'
import { ensureChromium } from '../../scripts/test/ensure-chromium.ts'

/** On a machine that many share, a page takes its time. */
const PATIENCE_MS = 60_000

/** A page in a headless Chromium of this test's own. What it throws, and what its policy forbids it, fails the test. */
export async function openBrowser(t: Pick<Test, 'teardown' | 'fail'>): Promise<Page> {
  const browser = await chromium.launch({ executablePath: ensureChromium(), timeout: PATIENCE_MS })
  t.teardown(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1000, height: 640 }, locale: 'en-GB' })
  page.setDefaultTimeout(PATIENCE_MS)
  page.on('pageerror', (error) => t.fail(`the page threw: ${error.message}`))
  page.on('console', (message) => {
    // Of an answer that refuses, the page tells the sentence.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isRefusal) t.fail(`the page's console: ${message.text()}`)
  })
  return page
}
