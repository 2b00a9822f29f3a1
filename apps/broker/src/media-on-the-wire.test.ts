import { randomBytes } from 'node:crypto'
import { makeAuthority } from '@carteiro/simulation/media/make-certificates'
import { until } from '@carteiro/simulation/media/test-media-host'
import type { Phone } from '@carteiro/simulation/phone/phone'
import type { PhoneContent } from '@carteiro/simulation/phone/phone-content'
import type { WhatsAppServer } from '@carteiro/simulation/server/whatsapp-server'
import { t, test } from 'tap'
import { API_KEY, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const CUSTOMER = '5511988887777'
const { ask, broker, connect, simulator, webhook } = await startTestBroker(t)
await connect('main')
const { media } = simulator
const customer = phoneOf(simulator.server, CUSTOMER)

function phoneOf({ persons }: WhatsAppServer, number: string): Phone {
  const person = persons.named(number)
  const device = person && persons.phoneOf(person)
  if (!device) throw new Error(`${number} has no phone`)
  return device.phone
}

interface Sent {
  id: string
  status: string
}
const send = (body: Record<string, unknown>, key: string) =>
  ask<Sent>('POST', '/instances/main/send-text', { to: `+${CUSTOMER}`, ...body }, { 'idempotency-key': key })

/** The acknowledgement may be here before the message is on the phone. */
async function onPhone(id: string): Promise<Buffer> {
  await until(() => customer.shown({ id }).length > 0)
  return Buffer.from(await customer.download(ACCOUNT, id))
}

/** What a customer writes, once the broker has told of it. */
async function written(content: PhoneContent): Promise<string> {
  const { id } = await customer.write(ACCOUNT, content)
  await webhook.until(() => webhook.taken.some(({ payload }) => payload.message?.id === id))
  return id
}

async function downloaded(messageId: string): Promise<{ status: number; bytes: Buffer }> {
  const response = await fetch(`${broker.address}/instances/main/media/download`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify({ messageId }),
  })
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
}

const types: [sent: Record<string, unknown>, written: (file: { bytes: Buffer }) => PhoneContent][] = [
  [{ type: 'image', caption: 'look' }, (file) => ({ type: 'image', file, caption: 'look' })],
  [{ type: 'video' }, (file) => ({ type: 'video', file })],
  [{ type: 'audio' }, (file) => ({ type: 'audio', file })],
  [{ type: 'audio', ptt: true }, (file) => ({ type: 'voice', file })],
  [{ type: 'document' }, (file) => ({ type: 'document', file, fileName: 'bill.pdf' })],
  [{ type: 'sticker' }, (file) => ({ type: 'sticker', file })],
]
for (const [sent, asWritten] of types) {
  const { type } = asWritten({ bytes: Buffer.alloc(0) })

  test(`the bytes of a ${type} that the broker sends are on the customer\u2019s phone`, async (t) => {
    const bytes = randomBytes(100_001)
    const answer = await send({ ...sent, media: { base64: bytes.toString('base64') } }, `send ${type}`)
    t.match(answer, { status: 200, body: { status: 'sent' } })
    t.ok(bytes.equals(await onPhone(answer.body.id)))
    t.match(customer.shown({ id: answer.body.id }), [{ stanzas: 1, content: { type } }])
  })

  test(`the bytes of a ${type} that a customer writes are those that the broker gives`, async (t) => {
    const bytes = randomBytes(1_500_000)
    const got = await downloaded(await written(asWritten({ bytes })))
    t.equal(got.status, 200)
    t.ok(bytes.equals(got.bytes))
  })
}

test('a picture that WhatsApp has no longer is uploaded again by the account\u2019s phone', async (t) => {
  const bytes = randomBytes(1_000)
  const id = await written({ type: 'image', file: { bytes } })
  t.ok(media.expireAll() > 0)
  const got = await downloaded(id)
  t.equal(got.status, 200)
  t.ok(bytes.equals(got.bytes))
})

test('a download that breaks off is told, and the next one has the picture', async (t) => {
  const bytes = randomBytes(100_000)
  const id = await written({ type: 'image', file: { bytes } })
  media.faults.add('download', { kind: 'cut', afterBytes: 50_000 })
  t.equal((await downloaded(id)).status, 502)
  t.ok(bytes.equals((await downloaded(id)).bytes))
})

test('an upload whose token has ended, or that breaks off once, arrives all the same', async (t) => {
  const bytes = randomBytes(1_000)
  const image = { type: 'image', media: { base64: bytes.toString('base64') } }
  media.revokeTokens()
  const first = await send(image, 'token')
  media.faults.add('upload', { kind: 'cut', afterBytes: 100 })
  const second = await send(image, 'cut')
  for (const { status, body } of [first, second]) {
    t.equal(status, 200)
    t.ok(bytes.equals(await onPhone(body.id)))
  }
})

test('a voice message that the customer plays is told to the API', async (t) => {
  const PLAYED = 5
  const { body } = await send({ type: 'audio', ptt: true, media: { base64: 'AAAA' } }, 'played')
  await onPhone(body.id)
  customer.play(ACCOUNT, [body.id])
  const played = () =>
    webhook.taken
      .flatMap(({ payload }) => payload.raw?.updates ?? [])
      .some(({ key, update }) => key.id === body.id && update.status === PLAYED)
  await webhook.until(played)
  t.ok(played())
})

test('without the authority nothing is fetched and nothing is sent', async (t) => {
  const { certificate } = await makeAuthority()
  const other = await startTestBroker(t, { WHATSAPP_MEDIA_CA: certificate })
  await other.connect('main')
  const image = { to: `+${CUSTOMER}`, type: 'image', media: { base64: 'AAAA' } }
  t.match(await other.ask('POST', '/instances/main/send-text', image), {
    status: 502,
    body: { error: { code: 'BROKER_ERROR' } },
  })
  const { id } = await phoneOf(other.simulator.server, CUSTOMER).write(ACCOUNT, {
    type: 'image',
    file: { bytes: randomBytes(10) },
  })
  await other.webhook.until(() => other.webhook.taken.some(({ payload }) => payload.message?.id === id))
  t.match(await other.ask('POST', '/instances/main/media/download', { messageId: id }), {
    status: 502,
    body: { error: { code: 'MEDIA_FETCH_FAILED' } },
  })
  t.equal(other.simulator.media.count(), 1, 'the customer\u2019s alone')
})
