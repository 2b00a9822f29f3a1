import { createDecipheriv, randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createGuardedFetch } from '@carteiro/runtime/guarded-fetch'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import { getMediaKeys, type proto, type WASocket } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { createReport } from '../../report.ts'
import { createFindMessage } from './find-message.ts'
import { messageId } from './message-id.ts'
import { SendLedger } from './send-ledger.ts'
import { Sender } from './send-message.ts'
import { createAcks } from './wait-for-ack.ts'

const { db } = await createTestDatabase(t)
await db.insertInto('broker.instance').values({ id: 'main', tenant_id: 'demo', name: 'n' }).execute()
const report = createReport({
  logger: createLogger('test', 'silent'),
  registry: createRegistry(),
  countWaiting: async () => 0,
})

const file = randomBytes(5_000)
const asked: string[] = []
/** A host of files: each path is a status, but for the file itself. */
const host = createServer((request, response) => {
  asked.push(request.url ?? '')
  const status = Number(/\d{3}/.exec(request.url ?? '')?.[0] ?? 200)
  response.writeHead(status, { 'content-type': 'application/pdf' }).end(status === 200 ? file : '')
})
await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
t.teardown(() => new Promise((resolve) => host.close(resolve)))
const address = `127.0.0.1:${(host.address() as AddressInfo).port}`
const guardedFetch = createGuardedFetch({ allowedHosts: [address] })
t.teardown(() => guardedFetch.close())

const sealed: Buffer[] = []
const left: proto.IMessage[] = []
let whileUploading: () => Promise<void> = async () => undefined
const ws = new EventEmitter()
/** WhatsApp as far as a file meets it: a media host that keeps what it gets, and acknowledgements. */
const line = {
  ws,
  user: { id: '5511900000000@s.whatsapp.net' },
  userDevicesCache: new Map(),
  signalRepository: { lidMapping: { getLIDForPN: () => Promise.resolve(null) } },
  waUploadToServer: async (path: string) => {
    await whileUploading()
    sealed.push(await readFile(path))
    return { mediaUrl: 'https://mmg.whatsapp.net/v/a', directPath: '/v/a' }
  },
  relayMessage: async (_jid: string, message: proto.IMessage, { messageId: id }: { messageId: string }) => {
    left.push(message)
    ws.emit('CB:ack,class:message', { tag: 'ack', attrs: { id, class: 'message' } })
  },
} as unknown as WASocket

const ledger = new SendLedger(db, createSeal(Buffer.alloc(32)))
const acks = createAcks(() => undefined)
acks.listen('main', line)
const sender = new Sender({
  socket: () => line,
  reach: async (_id, _socket, jid) => ({ kind: 'reachable', jid }),
  settings: async () => ({}),
  limits: { ceiling: 8, maxWaiting: 100 },
  findMessage: createFindMessage(db, ledger),
  guardedFetch,
  maxMediaBytes: 10_000,
  settleLate: () => Promise.resolve(),
  onSent: () => undefined,
  ...{ ledger, acks, report },
})

const send = (idempotencyKey: string, media: Extract<BrokerOutboundMessage, { media: unknown }>['media']) =>
  sender.send({
    instanceId: 'main',
    idempotencyKey,
    message: { to: '+5511988887777', type: 'document', media },
  })

/** Opens what was uploaded, by the key that the message carries. */
async function open(bytes: Buffer, mediaKey: Uint8Array | null | undefined): Promise<Buffer> {
  const { cipherKey, iv } = await getMediaKeys(mediaKey, 'document')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  return Buffer.concat([decipher.update(bytes.subarray(0, -10)), decipher.final()])
}

test('a file is fetched once, sealed and uploaded once, and opens by the key in its message', async (t) => {
  const url = `http://${address}/bill.pdf`
  t.match(await send('once', { url }), { kind: 'answered', response: { status: 'sent' } })
  const sent = left[0]?.documentMessage
  t.match(sent, { fileName: 'bill.pdf', mimetype: 'application/pdf', directPath: '/v/a' })
  t.ok((await open(sealed[0] ?? Buffer.alloc(0), sent?.mediaKey)).equals(file))

  t.match(await send('once', { url }), { kind: 'answered', replayed: true })
  t.same([asked.length, sealed.length, left.length], [1, 1, 1])
})

test('a file whose send died goes out again as it was, neither fetched nor uploaded again', async (t) => {
  await db
    .updateTable('broker.send_ledger')
    .set({ state: 'sending', answer: null })
    .where('idempotency_key', '=', 'once')
    .execute()
  const again = await send('once', { url: `http://${address}/bill.pdf?X-Amz-Signature=new` })
  t.match(again, { kind: 'answered', replayed: false, response: { status: 'sent' } })
  t.same([asked.length, sealed.length, left.length], [1, 1, 2])
  t.same(left[1]?.documentMessage?.mediaKey, left[0]?.documentMessage?.mediaKey)
})

test('bytes in the request are sent as they are', async (t) => {
  t.match(await send('bytes', { base64: file.toString('base64'), fileName: 'a.bin' }), { kind: 'answered' })
  t.ok((await open(sealed.at(-1) ?? Buffer.alloc(0), left.at(-1)?.documentMessage?.mediaKey)).equals(file))
})

test('a file whose key another broker used meanwhile for another message does not leave', async (t) => {
  const before = left.length
  whileUploading = async () => {
    const other = { instanceId: 'main', idempotencyKey: 'taken', waMessageId: messageId('main', 'taken') }
    await ledger.begin({ ...other, requestHash: Buffer.alloc(32), content: { conversation: 'another' } })
  }
  t.same(await send('taken', { url: `http://${address}/bill.pdf` }), { kind: 'key_mismatch' })
  whileUploading = async () => undefined
  t.equal(left.length, before)
})

const failures: [string, Parameters<typeof send>[1], string, number][] = [
  ['a file that is not there', { url: `http://${address}/404` }, 'MEDIA_FETCH_FAILED', 422],
  ['a host that fails', { url: `http://${address}/503` }, 'MEDIA_FETCH_FAILED', 502],
  ['an address that is not public', { url: 'http://127.0.0.1:1/a' }, 'MEDIA_URL_REFUSED', 422],
  ['bytes that are too many', { base64: randomBytes(10_001).toString('base64') }, 'MEDIA_TOO_LARGE', 413],
]
for (const [what, media, code, status] of failures) {
  test(`${what} is ${code} ${status}, and nothing is remembered of its key`, async (t) => {
    t.match(await send(what, media), { kind: 'media_failed', problem: { code, status } })
    t.equal(await ledger.find('main', what), undefined)
  })
}
