import { sql } from 'kysely'
import { t, test } from 'tap'
import { messageId } from './features/sending/message-id.ts'
import { startTestBroker } from './test-broker.ts'

const { ask, connect, database, onPhone, socket } = await startTestBroker(t)
const { db } = database
const FIRST = '5511988887777'
const SECOND = '5511977776666'

await connect('main')
const send = (to: string, key: string) =>
  ask<{ status: string }>('POST', '/instances/main/send-text', { to, text: key }, { 'idempotency-key': key })
// The first of a socket is sent as Baileys does by itself.
for (const to of [FIRST, SECOND]) await send(to, `hello ${to}`)

async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_locks where not granted and relation = 'broker.session_key'::regclass`.execute(db)
    if (rows.length >= count) return
  }
}

test('messages to several people leave when their keys are committed, and not before', async (t) => {
  const keys = Array.from({ length: 6 }, (_, n) => `message ${n}`)
  const to = (n: number) => (n % 2 === 0 ? FIRST : SECOND)
  const arrived = async () =>
    (await Promise.all(keys.map((key, n) => onPhone(to(n), messageId('main', key))))).flat().length
  const answers = await db.transaction().execute(async (lock) => {
    await sql`lock table broker.session_key in exclusive mode`.execute(lock)
    const sent = keys.map((key, n) => send(to(n), key))
    await untilWaiting(1)
    // A round trip to WhatsApp, behind which they would have come.
    await socket('main').fetchPrivacySettings(true)
    t.equal(await arrived(), 0)
    return sent
  })
  for (const { body } of await Promise.all(answers)) t.equal(body.status, 'sent')
  t.equal(await arrived(), keys.length)
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
