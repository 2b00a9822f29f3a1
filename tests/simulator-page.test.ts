import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { EmittedEvent } from '@carteiro/contracts/event'
import type { Page } from 'playwright-core'
import { io } from 'socket.io-client'
import t from 'tap'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { startStack } from '../scripts/stack/start-stack.ts'
import { openBrowser } from './browser/open-browser.ts'

const SHOP = '5511933334444'
const CUSTOMER = '5511987654321'
const INSTANCE = 'shop-phone'
const INSTANCES = '/api/integrations/whatsapp/instances'

// First: where there is no Chromium, nothing else needs to start.
const page = await openBrowser(t)
const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-page-'))
const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
t.teardown(async () => {
  await stack.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})
const api = createApiClient(stack.urls.api, stack.apiKey)
const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(() => socket.close())
await new Promise((resolve) => socket.once('connect', () => resolve(undefined)))

const nextEvent = <Event>(name: string, fits: (event: Event) => boolean): Promise<Event> =>
  new Promise((resolve) => {
    const listener = (event: Event) => {
      if (!fits(event)) return
      socket.off(name, listener)
      resolve(event)
    }
    socket.on(name, listener)
  })

t.test('a phone on the page links an instance by the QR code that the broker shows', async (t) => {
  await api.post(INSTANCES, { id: INSTANCE, name: 'Shop' })
  const connected = nextEvent<EmittedEvent<'whatsapp.instance.updated'>>(
    'whatsapp.instance.updated',
    (event) => event.instanceId === INSTANCE && event.connected,
  )
  await api.post(`${INSTANCES}/${INSTANCE}/connect`)

  await page.goto(stack.urls.simulator ?? '')
  await showPhone(SHOP)
  await page.locator('summary').click()
  while ((await readAndScan()) !== 201) t.comment('the broker shows no code yet')

  t.match(await connected, { phone: `+${SHOP}` })
  await page.getByText('Device 1, connected').waitFor()
  await page.locator('summary').click()
})

t.test('a customer on the page writes, gets the answer that the API sent, and reads it', async (t) => {
  const arrived = nextEvent<EmittedEvent<'messages.new'>>(
    'messages.new',
    ({ message }) => message.text === 'Oi! Are you open on Saturday?',
  )
  await showPhone(CUSTOMER)
  await page.getByLabel('Phone number to write to').fill(SHOP)
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await page.getByLabel('Message', { exact: true }).fill('Oi! Are you open on Saturday?')
  await page.keyboard.press('Enter')
  t.match(await arrived, { tenantId: stack.tenantId, message: { direction: 'inbound' } })
  await page.getByRole('log').getByLabel('delivered').waitFor()

  // Whoever looks at another chat has not read it.
  await page.getByLabel('Phone number to write to').fill('5511900001111')
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  const statusOf = (wanted: string) =>
    nextEvent<EmittedEvent<'message.status.changed'>>(
      'message.status.changed',
      ({ status }) => status === wanted,
    )
  const [delivered, read] = [statusOf('DELIVERED'), statusOf('READ')]
  const answer = { channel: 'WHATSAPP', instanceId: INSTANCE, to: `+${CUSTOMER}`, text: 'Olá! From 9 to 13.' }
  const { body } = await api.post('/api/v1/outbound/messages', answer)
  t.equal((await delivered).messageId, body.id)
  await page.getByLabel('1 unread').waitFor()

  await page.getByRole('button', { name: /Olá! From 9 to 13/ }).click()
  await page.getByRole('log').getByText('Olá! From 9 to 13.').waitFor()
  t.equal((await read).messageId, body.id)
  t.match((await api.get(`/api/v1/outbound/messages/${body.id}`)).body, { status: 'READ' })
})

t.test(
  'a picture, a reaction and blue ticks show on the page, which fits a narrow screen as well',
  async (t) => {
    await fetch(`${stack.urls.simulator}/customers/${SHOP}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pushName: 'Shop', readAfterMs: 0 }),
    })
    await page.getByRole('button', { name: 'Picture', exact: true }).click()
    await page.locator('.bubble img').waitFor()
    await page.getByRole('button', { name: 'React', exact: true }).click()
    await page.getByRole('button', { name: 'React with 👍' }).click()
    await page.getByLabel('👍 by you').waitFor()
    await page.getByRole('log').getByLabel('read', { exact: true }).first().waitFor()

    await keepPicture(page)
    await page.setViewportSize({ width: 360, height: 640 })
    await page.getByRole('button', { name: 'Chats', exact: true }).click()
    t.equal(await page.getByRole('log').isVisible(), false)
    t.ok(await page.getByRole('button', { name: /image/ }).isVisible())
    t.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
  },
)

async function showPhone(phone: string): Promise<void> {
  await page.getByLabel('Phone number of this person').fill(`+${phone}`)
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByText('online').first().waitFor()
}

/** Asks the page to read the code from the broker. @returns what the simulator answered */
async function readAndScan(): Promise<number> {
  const answered = page.waitForResponse((response) => response.url().endsWith(`/accounts/${SHOP}/link`))
  await page.getByLabel('Or the instance of the broker').fill(INSTANCE)
  await page.getByRole('button', { name: 'Read and scan' }).click()
  return (await answered).status()
}

/** Writes the picture of the documentation where SCREENSHOT says. */
async function keepPicture(page: Page): Promise<void> {
  const file = process.env.SCREENSHOT
  if (file) await page.screenshot({ path: file })
}
