import { request } from 'node:http'
import { test } from 'tap'
import { startTestSimulator } from '../test-simulator.ts'

/** The status of a GET under a name and an origin of the caller's choice. */
function statusFor(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/link`, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('the page and all that it needs come from here, and nothing else may run in it', async (t) => {
  const { url } = await startTestSimulator(t)
  const page = await fetch(url)
  const html = await page.text()
  t.match(page.headers.get('content-type'), 'text/html')
  t.match(
    page.headers.get('content-security-policy'),
    /default-src 'none'; script-src 'self'; style-src 'self'/,
  )
  t.notMatch(html, /https?:\/\/|<style|style=|onclick|<script(?![^>]* src=)/)
  for (const [, name] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    t.equal((await fetch(new URL(name ?? '', url))).status, 200)
  }
  t.equal((await fetch(`${url}/../page-routes.ts`)).status, 404)
})

test('pages of other sites do not reach the simulator through a browser', async (t) => {
  const { url } = await startTestSimulator(t)
  const { host, port } = new URL(url)
  t.equal(await statusFor(url, { host }), 200)
  t.equal(await statusFor(url, { host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200)
  t.equal(await statusFor(url, { host: `rebound.example:${port}` }), 400)
  t.equal(await statusFor(url, { host, origin: 'https://elsewhere.example' }), 400)
  t.equal(await statusFor(url, { host, origin: 'null' }), 400)
})
