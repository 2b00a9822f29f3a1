import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { t, test } from 'tap'
import { API_KEY, call, startTestBroker } from './test-broker.ts'

const CUSTOMER = '5511988887777'

/** A host of files: each path is a status, and says of itself that it is a picture. */
const host = createServer(({ url }, response) => {
  const status = Number(/\d{3}/.exec(url ?? '')?.[0] ?? 200)
  response.writeHead(status, { 'content-type': 'image/png' })
  response.end(url === '/large' ? Buffer.alloc(200_000) : 'Please log in.')
})
await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
t.teardown(() => new Promise((resolve) => host.close(resolve)))
const address = `127.0.0.1:${(host.address() as AddressInfo).port}`

const { ask, broker, connect, simulator } = await startTestBroker(t, {
  MEDIA_ALLOWED_HOSTS: address,
  MEDIA_MAX_BYTES: '100000',
})
await connect('main')

type Problem = { error: { code: string; message: string; requestId: string; details?: unknown } }
const send = (body: Record<string, unknown>) =>
  ask<Problem>('POST', '/instances/main/send-text', { to: `+${CUSTOMER}`, ...body })
const picture = (path: string) => ({ type: 'image', mediaUrl: `http://${address}${path}` })

const refused: [string, Record<string, unknown>, number, string][] = [
  ['a number with letters', { to: '55119ABC', text: 'x' }, 422, 'INVALID_TO'],
  ['a number that is too short', { to: '+1234567', text: 'x' }, 422, 'INVALID_TO'],
  ['a number that is too long', { to: '+1234567890123456', text: 'x' }, 422, 'INVALID_TO'],
  ['a broadcast', { to: 'status@broadcast', text: 'x' }, 422, 'INVALID_TO'],
  [
    'a group that it is no member of',
    { to: '120363000000009999@g.us', text: 'x' },
    422,
    'RECIPIENT_NOT_ON_WHATSAPP',
  ],
  ['no content', {}, 400, 'INVALID_PAYLOAD'],
  ['a file without an address', { type: 'image' }, 400, 'INVALID_PAYLOAD'],
  [
    'bytes that are no picture',
    { type: 'image', media: { base64: 'SGVsbG8sIHdvcmxk' } },
    400,
    'INVALID_PAYLOAD',
  ],
  ['an address that gives a page for a picture', picture('/a.png'), 422, 'MEDIA_FETCH_FAILED'],
  ['an address with nothing behind it', picture('/404'), 422, 'MEDIA_FETCH_FAILED'],
  ['a host that fails', picture('/503'), 502, 'MEDIA_FETCH_FAILED'],
  ['a file that is too large', picture('/large'), 413, 'MEDIA_TOO_LARGE'],
  ['a private address', { ...picture('/'), mediaUrl: 'http://192.168.0.1/a' }, 422, 'MEDIA_URL_REFUSED'],
  ['an unknown type', { type: 'carousel' }, 422, 'UNSUPPORTED_TYPE'],
]
for (const [what, body, status, code] of refused) {
  test(`${what} is ${status} ${code}`, async (t) => {
    const answer = await send(body)
    t.match(answer, { status, body: { error: { code, message: String, requestId: String } } })
  })
}

for (const [whatsapp, status, code] of [
  [463, 423, 'ACCOUNT_RESTRICTED'],
  [429, 429, 'RATE_LIMITED'],
  [479, 502, 'BROKER_ERROR'],
] as const) {
  test(`WhatsApp's refusal ${whatsapp} is ${status} ${code}, and the next message goes`, async (t) => {
    await call(`${simulator.url}/faults`, 'POST', { fault: { type: 'nack', code: whatsapp, times: 1 } })
    const answer = await send({ text: 'x' })
    t.match(answer, { status, body: { error: { code, details: { whatsappError: String(whatsapp) } } } })
    t.match(await send({ text: 'y' }), { status: 200, body: { status: 'sent' } })
  })
}

test('a body of 100 MiB is refused by its head, and the broker goes on', async (t) => {
  const head = request(`${broker.address}/instances/main/send-text`, {
    method: 'POST',
    headers: {
      'x-api-key': API_KEY,
      'content-type': 'application/json',
      'content-length': 100 * 1024 * 1024,
    },
  })
  head.flushHeaders()
  t.match(await answerOf(head), { status: 413, body: /PAYLOAD_TOO_LARGE/ })
  head.destroy()
  t.match(await send({ text: 'z' }), { status: 200 })
})

async function answerOf(sent: ReturnType<typeof request>) {
  return await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
  })
}
