import { initAuthCreds, type WASocket } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { openClient, untilClosed, untilOpen } from './test-linked-device.ts'
import { startLinking } from './test-linking.ts'

const PHONE = '5511987654321'
const OTHER = '5511987654322'

/** A code that the server knows of. */
async function askForCode(socket: WASocket, code?: string): Promise<string> {
  const taken = new Promise((resolve) => socket.ws.once('CB:iq,,link_code_companion_reg', resolve))
  const asked = await socket.requestPairingCode(PHONE, code)
  await taken
  return asked
}

test('a phone that scans the code links the client, which restarts and logs in as its device', async (t) => {
  const { logIn, linking, unlinked } = await startLinking(t)
  const { auth, closed, qr } = await unlinked()
  const linked = await linking.scan(PHONE, qr)
  t.same(linked, {
    phone: PHONE,
    device: 1,
    jid: `${PHONE}:1@s.whatsapp.net`,
    lid: linked.lid,
  })
  t.equal(await closed, 515)
  t.match(auth.creds.me, { id: linked.jid, lid: linked.lid })

  await logIn(auth, linked)
  t.same(linking.companions(PHONE), [linked])
})

test('a phone links several clients, each with a number of its own, and no more than four', async (t) => {
  const { linking, link, unlinked } = await startLinking(t)
  for (const number of [1, 2, 3, 4]) {
    const { socket } = await link(PHONE)
    t.equal(socket.user?.id, `${PHONE}:${number}@s.whatsapp.net`)
  }
  const fifth = await unlinked()
  await t.rejects(linking.scan(PHONE, fifth.qr), {
    code: 'IMPOSSIBLE_TRANSITION',
    message: /remove one first/,
  })

  linking.remove(PHONE, 2)
  t.match(await linking.scan(PHONE, fifth.qr), { device: 5 }, 'no number is given twice')
})

test('a code that is malformed, made up, expired, used or of other keys links nothing', async (t) => {
  const { linking, unlinked } = await startLinking(t)
  const { qr, auth, closed } = await unlinked()
  const [link, ...keys] = qr.split(',')
  const other = Buffer.from(initAuthCreds().signedIdentityKey.public).toString('base64')
  const refused = (text: string, code: string) => t.rejects(linking.scan(PHONE, text), { code })

  await refused('hello', 'INVALID_PAYLOAD')
  await refused([link, keys[0], other, keys[2], keys[3]].join(','), 'INVALID_PAYLOAD')
  await refused([link, other, keys[1], keys[2], keys[3]].join(','), 'INVALID_PAYLOAD')
  await refused([`${link}x`, ...keys].join(','), 'QR_NOT_AVAILABLE')
  t.notOk(auth.creds.account)

  await linking.scan(PHONE, qr)
  t.equal(await closed, 515)
  await refused(qr, 'QR_NOT_AVAILABLE')
})

test('a code is worth nothing once its time is over or its client is gone', async (t) => {
  const { linking, unlinked } = await startLinking(t, {
    linking: { lifetimes: { count: 6, firstMs: 0, nextMs: 0 } },
  })
  const { qr } = await unlinked()
  await t.rejects(linking.scan(PHONE, qr), { code: 'QR_NOT_AVAILABLE', message: /expired/ })

  const later = await startLinking(t)
  const gone = await later.unlinked()
  await gone.socket.ws.close()
  await later.ended.reached(1)
  await t.rejects(later.linking.scan(PHONE, gone.qr), { code: 'QR_NOT_AVAILABLE', message: /No device/ })
})

test('a client that does not know the secret in the code is not linked', async (t) => {
  const { linking, unlinked } = await startLinking(t)
  const { qr, closed } = await unlinked()
  const parts = qr.split(',')
  const otherSecret = [...parts.slice(0, 3), Buffer.alloc(32).toString('base64'), parts[4]].join(',')
  await t.rejects(linking.scan(PHONE, otherSecret), { code: 'QR_NOT_AVAILABLE', message: /went away/ })
  await closed
  t.same(linking.companions(PHONE), [])
})

test('codes follow one another, and after the last one the client ends with 408', async (t) => {
  const { unlinked } = await startLinking(t)
  const shown: string[] = []
  const { socket, closed, qr } = await unlinked({ qrTimeout: 5 })
  shown.push(qr)
  socket.ev.on('connection.update', (update) => update.qr !== undefined && shown.push(update.qr))
  t.equal(await closed, 408)
  t.equal(new Set(shown).size, 6)
})

test('a code that is typed on the phone links the client as well', async (t) => {
  const { logIn, linking, unlinked } = await startLinking(t)
  const { auth, socket, closed } = await unlinked()
  const code = await askForCode(socket)
  await t.rejects(linking.typeCode(OTHER, code), { code: 'QR_NOT_AVAILABLE', message: OTHER })
  await t.rejects(linking.typeCode(PHONE, '12'), { code: 'INVALID_PAYLOAD' })

  const linked = await linking.typeCode(PHONE, code)
  t.match(linked, { jid: `${PHONE}:1@s.whatsapp.net` })
  t.equal(await closed, 515)
  t.equal(auth.creds.registered, true)
  await logIn(auth, linked)
})

test('a wrong code links nothing, the right one may still be typed, and three wrong ones end it', async (t) => {
  const { linking, unlinked } = await startLinking(t)
  const { socket, closed } = await unlinked()
  await askForCode(socket, 'ABCD1234')
  await t.rejects(linking.typeCode(PHONE, 'ABCD-1235'), { code: 'INVALID_PAYLOAD', message: /not the code/ })
  t.match(await linking.typeCode(PHONE, 'ABCD-1234'), { device: 1 })
  t.equal(await closed, 515)

  const again = await unlinked()
  await askForCode(again.socket, 'ABCD1234')
  for (const _ of [1, 2, 3]) {
    await t.rejects(linking.typeCode(PHONE, 'WRONG111'), { code: 'INVALID_PAYLOAD' })
  }
  await t.rejects(linking.typeCode(PHONE, 'ABCD1234'), { code: 'QR_NOT_AVAILABLE' })
})

test('a client that its phone logs out hears 401, at once and at its next login', async (t) => {
  const { url, linking, link } = await startLinking(t)
  const there = await link(PHONE)
  const closed = untilClosed(there.socket)
  linking.remove(PHONE, 1)
  t.equal(await closed, 401)
  t.same(linking.companions(PHONE), [])
  t.throws(() => linking.remove(PHONE, 1), { code: 'NOT_FOUND' })

  const away = await link(PHONE)
  const gone = untilClosed(away.socket)
  await away.socket.ws.close()
  await gone
  linking.remove(PHONE, 2)
  t.equal(await untilClosed(openClient(url, away.auth)), 401)
})

test('a client that logs itself out is no device any more', async (t) => {
  const { url, linking, link } = await startLinking(t)
  const { socket, auth } = await link(PHONE)
  const closed = untilClosed(socket)
  await socket.logout()
  t.equal(await closed, 401)
  t.equal(await untilClosed(openClient(url, auth)), 401)
  t.same(linking.companions(PHONE), [])
})

test('a client that logs in a second time replaces the first, which hears 440', async (t) => {
  const { url, link } = await startLinking(t)
  const { socket, auth } = await link(PHONE)
  const closed = untilClosed(socket)
  await untilOpen(openClient(url, auth))
  t.equal(await closed, 440)
})

test('credentials of another server, or of nobody, are refused with 401', async (t) => {
  const { url } = await startLinking(t)
  const elsewhere = await startLinking(t)
  const { auth } = await elsewhere.link(PHONE)
  t.equal(await untilClosed(openClient(url, auth)), 401)
})
