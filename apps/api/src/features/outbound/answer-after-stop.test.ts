import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys } = await startApi(t)

const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url, headers: { 'x-api-key': keys.acme }, payload })
const claimAll = () =>
  claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit: 50, claimSeconds: 60 })

let last = 0

/** Somebody who wrote, and then took every consent back. */
async function newContactThatSaidStop() {
  const phone = `+55119556300${String(++last).padStart(2, '0')}`
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi' })
  const { id } = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow()
  for (const purpose of ['service', 'marketing']) {
    const url = `/api/contacts/${id}/consents/${purpose}`
    await app.inject({
      method: 'PUT',
      url,
      headers: { 'x-api-key': keys.acme },
      payload: { status: 'denied' },
    })
  }
  let answers = 0
  return {
    phone,
    answer: () => {
      const idempotencyKey = `answer ${++answers} to ${phone}`
      return post(`/api/tickets/${ticketId}/messages`, {
        payload: { intent: 'text', text: 'Hello' },
        idempotencyKey,
      })
    },
    writes: (text: string, hoursAgo = 0) =>
      receiveMessage(domain, {
        ...{ tenantId: 'acme', phone, text },
        timestamp: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
      }),
  }
}

t.test('who wants no messages and writes again is answered by a person, and by nobody else', async (t) => {
  const { phone, answer, writes } = await newContactThatSaidStop()
  t.match(matchProblem(t, await answer(), 422, 'BLOCKED_BY_POLICY').message, /writes again/)
  await writes('But when does my order come?')
  const accepted = await answer()
  t.equal(accepted.statusCode, 202)
  for (const more of [{}, { purpose: 'marketing' }, { purpose: 'marketing', priority: 0 }]) {
    const news = await post('/api/v1/outbound/messages', { to: phone, text: 'News', ...more })
    matchProblem(t, news, 422, 'BLOCKED_BY_POLICY')
  }
  const [claimed] = await claimAll()
  t.equal(claimed?.id, accepted.json().messageId, 'it leaves')
  if (claimed) await settle(domain, claimed, { status: 'sent', providerMessageId: '3EB0', response: {} })
})

t.test('neither another STOP nor what was written before it opens the chat', async (t) => {
  const { answer, writes } = await newContactThatSaidStop()
  await writes('Stop!')
  matchProblem(t, await answer(), 422, 'BLOCKED_BY_POLICY')
  await writes('told by WhatsApp late', 2)
  matchProblem(t, await answer(), 422, 'BLOCKED_BY_POLICY')
})

t.test('an answer that waits while its contact says STOP once more does not leave', async (t) => {
  const { answer, writes } = await newContactThatSaidStop()
  await writes('Are you there?')
  const { messageId } = (await answer()).json()
  await writes('STOP')
  t.same(await claimAll(), [])
  const row = await db
    .selectFrom('delivery')
    .selectAll()
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow()
  t.match(row, { state: 'FAILED', error_code: 'BLOCKED_BY_POLICY', attempts: 0 })
})

t.test('a day after the contact wrote, an answer neither is taken nor leaves', async (t) => {
  const { answer, writes } = await newContactThatSaidStop()
  await writes('Is anybody there?')
  const { messageId } = (await answer()).json()
  const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000)
  await db
    .updateTable('message')
    .set({ broker_at: ago(25) })
    .where('text', '=', 'Is anybody there?')
    .execute()
  await db
    .updateTable('consent')
    .set({ at: ago(26) })
    .execute()
  matchProblem(t, await answer(), 422, 'BLOCKED_BY_POLICY')
  t.same(await claimAll(), [])
  const row = await db.selectFrom('delivery').select('state').where('id', '=', messageId).executeTakeFirst()
  t.equal(row?.state, 'FAILED')
})
