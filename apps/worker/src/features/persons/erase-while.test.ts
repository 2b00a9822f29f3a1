import { commit } from '@carteiro/domain/events/unit-of-work'
import { saveMessage, saveMessages } from '@carteiro/domain/messages/save-message'
import { settle } from '@carteiro/domain/outbox/settle'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { onlyOne, openOutbox, sentOf } from '@carteiro/domain/testing/outbox'
import t from 'tap'
import { startErasing, wordsOf } from '../../testing/start-erasing.ts'

const { db, domain, erase, fill, finish, round, rowsOf, stateOf } = await startErasing(t)

t.test('what waits to be sent is taken back, and what is under way ends first', async (t) => {
  const one = { phone: '+5511987654303', lid: '98765430300003@lid', mark: 'wt5d20' }
  const { contactId } = await fill(one)
  const { enqueue, claimAll } = openOutbox(domain)
  const send = (text: string, fields = {}) =>
    enqueue({ to: one.phone, text: `${one.mark} ${text}`, ...fields })
  const underWay = await send('under way')
  const claimed = onlyOne(await claimAll())
  const waiting = await send('waiting')
  const scheduled = await send('scheduled', { scheduledAt: new Date(Date.now() + 3_600_000) })
  await erase(contactId)
  await round()
  t.match(await stateOf(contactId), { step: 'sends', waitingFor: 'sends under way' })
  t.same(await statesOf([underWay, waiting, scheduled]), ['SENDING', 'CANCELLED', 'CANCELLED'])
  await settle(domain, claimed, { ...sentOf(claimed), response: { to: one.phone } })
  await finish(contactId)
  t.same(await statesOf([underWay, waiting, scheduled]), ['SENT', 'CANCELLED', 'CANCELLED'])
  t.same(await rowsOf(wordsOf(one)), [])
})

t.test('one that may have left is not said to be taken back', async (t) => {
  const phone = '+5511987654304'
  const { enqueue, claimAll } = openOutbox(domain)
  const id = await enqueue({ to: phone, text: 'perhaps' })
  const fault = { status: 'failed', fault: 'unknown', code: 'BROKER_TIMEOUT', message: 'no answer' } as const
  await settle(domain, onlyOne(await claimAll()), fault)
  const { contact_id: contactId } = await db
    .selectFrom('message')
    .select('contact_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await erase(contactId)
  await finish(contactId)
  const row = await db.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  t.match(row, { state: 'FAILED', error_code: 'OUTCOME_UNKNOWN', recipient: '' })
})

t.test('two workers share an erasure, while the person goes on writing', async (t) => {
  const one = { phone: '+5511987654305', lid: '98765430500005@lid', mark: 'tw9a11' }
  const { contactId } = await fill(one)
  const texts = Array.from({ length: 450 }, (_, n) =>
    messageEnvelope({ phone: one.phone, text: `${one.mark} ${n}` }),
  )
  await commit(domain, (work) => saveMessages(work, texts))
  await erase(contactId)
  const written: string[] = []
  const write = async () => {
    for (let n = 0; n < 20; n++) {
      const envelope = messageEnvelope({ phone: one.phone, text: `new ${n}` })
      await commit(domain, (work) => saveMessage(work, envelope))
      written.push(envelope.providerMessageId)
    }
  }
  await Promise.all([round(), round(), write()])
  await finish(contactId)
  t.same(await rowsOf([one.mark]), [])
  const rows = await db
    .selectFrom('message')
    .select(['type', 'text', 'contact_id'])
    .where('provider_message_id', 'in', written)
    .orderBy('number')
    .execute()
  const after = rows.filter((row) => row.contact_id !== contactId)
  t.ok(
    after.every(({ type }) => type === 'text'),
    'what came after the beginning is there',
  )
  t.ok(rows.filter((row) => row.contact_id === contactId).every(({ type }) => type === 'erased'))
})

const statesOf = async (ids: string[]) => {
  const rows = await db.selectFrom('delivery').select(['id', 'state']).where('id', 'in', ids).execute()
  return ids.map((id) => rows.find((row) => row.id === id)?.state)
}
