import { jidDecode } from '@whiskeysockets/baileys'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { messageId } from './features/sending/message-id.ts'
import { commitsOfSend, sendBesideOthers } from './send-beside-others.ts'
import { call, startTestBroker } from './test-broker.ts'

const { ask, connect, customerWrites, database, onPhone, simulator, socket, webhook } =
  await startTestBroker(t)
const { db } = database
const PEOPLE = Array.from({ length: 6 }, (_, n) => `551198888000${n}`)
const [FIRST = ''] = PEOPLE
const WITHOUT_LID = '5511966665555'

/** Ids of the messages that came to WhatsApp. */
const came: (string | undefined)[] = []
const { world } = simulator.server
const { take } = world
world.take = (sender, stanza) => {
  if (stanza.tag === 'message') came.push(stanza.attrs.id)
  take(sender, stanza)
}

await connect('main')
const send = (to: string, key: string) =>
  ask<{ status: string }>('POST', '/instances/main/send-text', { to, text: key }, { 'idempotency-key': key })
// The first of a socket is sent as Baileys does by itself.
for (const to of PEOPLE) await send(to, `hello ${to}`)

async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_locks where not granted and relation = 'broker.session_key'::regclass`.execute(db)
    if (rows.length >= count) return
  }
}

/** Counts what is encrypted from now on. */
function watchEncryption(): { untilEncrypted: (count: number) => Promise<void> } {
  const { signalRepository } = socket('main')
  const encrypt = signalRepository.encryptMessage
  let encrypted = 0
  const enough = new Map<number, () => void>()
  signalRepository.encryptMessage = async (options) => {
    const sealed = await encrypt(options)
    encrypted += 1
    enough.get(encrypted)?.()
    return sealed
  }
  return {
    untilEncrypted: (count) => new Promise((resolve) => void enough.set(count, resolve)),
  }
}

test('messages to several people leave when their keys are committed, and not before', async (t) => {
  const ids = PEOPLE.map((to) => messageId('main', `to ${to}`))
  const { untilEncrypted } = watchEncryption()
  const answers = await db.transaction().execute(async (lock) => {
    await sql`lock table broker.session_key in exclusive mode`.execute(lock)
    // Each for its recipient and for the own phone: none waits for another's commit.
    const all = untilEncrypted(2 * PEOPLE.length)
    const sent = PEOPLE.map((to) => send(to, `to ${to}`))
    await all
    await untilWaiting(1)
    // A round trip to WhatsApp, behind which they would have come.
    await socket('main').fetchPrivacySettings(true)
    t.same(
      ids.filter((id) => came.includes(id)),
      [],
    )
    return sent
  })
  for (const { body } of await Promise.all(answers)) t.equal(body.status, 'sent')
  t.same(
    ids.filter((id) => came.includes(id)),
    ids,
  )
  const shown = await Promise.all(PEOPLE.map((to, n) => onPhone(to, ids[n] ?? '')))
  t.same(
    shown.map(({ length }) => length),
    PEOPLE.map(() => 1),
  )
})

test('several messages for which our own devices are asked for anew make one session with the own phone', async (t) => {
  const { signalRepository, user, userDevicesCache } = socket('main')
  const own = [user?.id, user?.lid].map((jid) => jidDecode(jid)?.user ?? '')
  const inject = signalRepository.injectE2ESession
  const injected: string[] = []
  signalRepository.injectE2ESession = async (options) => {
    injected.push(jidDecode(options.jid)?.user ?? '')
    await inject(options)
  }
  for (const name of own) await userDevicesCache.del(name)
  const answers = await Promise.all(PEOPLE.map((to) => send(to, `anew to ${to}`)))
  signalRepository.injectE2ESession = inject
  for (const { body } of answers) t.equal(body.status, 'sent')
  t.equal(injected.filter((name) => own.includes(name)).length, 1)
})

test('a person of whom WhatsApp tells no LID is answered as often as anybody', async (t) => {
  await call(`${simulator.url}/customers/${WITHOUT_LID}`, 'PATCH', { hidesLid: true })
  // Baileys asks for keys by LID alone: the session is the one that this person began.
  await customerWrites(WITHOUT_LID, { text: 'hello', id: 'FROM-WITHOUT-LID' })
  await webhook.until(() => webhook.taken.some(({ payload }) => payload.message?.text === 'hello'))
  const before = socket('main')
  for (const key of ['first answer', 'second answer', 'third answer']) {
    t.equal((await send(WITHOUT_LID, key)).body.status, 'sent')
    t.match(await onPhone(WITHOUT_LID, messageId('main', key)), [{ text: key }])
  }
  t.equal(socket('main'), before, 'on the same connection')
})

test('the recipient is given our token with one message, and not with every one', async (t) => {
  const tokens = () =>
    db
      .selectFrom('broker.session_key')
      .select('id')
      .where('type', '=', 'tctoken')
      .where('id', '!=', '__index')
      .execute()
  while ((await tokens()).length < 2) await send(FIRST, 'once more')
  const given: string[] = []
  const { ws } = socket('main')
  const listener = ({ attrs }: { attrs: Record<string, string> }) => given.push(attrs.type ?? '')
  ws.on('CB:iq', listener)
  t.equal((await send(FIRST, 'and again')).body.status, 'sent')
  await socket('main').fetchPrivacySettings(true)
  ws.off('CB:iq', listener)
  t.equal(given.length, 1, 'nothing was asked beside the settings')
})

test('a connection ends whose frame was refused for its keys, and the next one sends', async (t) => {
  const connected = () => webhook.taken.filter(({ payload }) => payload.status === 'connected').length
  const refusing = socket('main')
  const before = connected()
  const ended = new Promise<Error | undefined>((resolve) => {
    refusing.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'close') resolve(lastDisconnect?.error)
    })
  })
  const sending = sendBesideOthers(refusing, `${FIRST}@s.whatsapp.net`, async () => {
    commitsOfSend()?.push(new Promise(() => undefined))
    await refusing.fetchPrivacySettings(true)
  })
  await t.rejects(sending, /its keys are not committed/)
  t.match(await ended, { message: /its keys are not committed/ }, 'by us, before another frame leaves')
  await webhook.until(() => connected() > before)
  t.not(socket('main'), refusing)
  t.equal((await send(FIRST, 'on the next connection')).body.status, 'sent')
})
