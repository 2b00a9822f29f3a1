import { newId } from '@carteiro/database/new-id'
import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t, { env: { RATE_LIMIT_PER_MINUTE: '200' } })

const PHONE = '+5511955620001'
const INSTANCE = '/api/integrations/whatsapp/instances/acme-phone/messages'
const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone: PHONE, text: 'Oi' })
const TICKET = `/api/tickets/${ticketId}/messages`

const post = (url: string, payload: object, headers: Record<string, string> = {}, key = keys.acme) =>
  app.inject({ method: 'POST', url, headers: { 'x-api-key': key, ...headers }, payload })

let sends = 0
const hello = (fields: object = {}) => ({
  payload: { intent: 'text', text: 'Hello' },
  idempotencyKey: `key ${++sends}`,
  ...fields,
})
/** Both doors, each with what it needs. */
const DOORS: [url: string, body: (fields?: object) => object][] = [
  [INSTANCE, (fields) => hello({ to: PHONE, ...fields })],
  [TICKET, hello],
]
const claimAll = () =>
  claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit: 50, claimSeconds: 60 })
const setInstance = (fields: { connected: boolean; status: string }) =>
  db.updateTable('instance').set(fields).where('id', '=', 'acme-phone').execute()

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_circuit cascade`.execute(db)
})

t.test('what is written in a chat is queued before campaigns, and belongs to its ticket', async (t) => {
  for (const [url, body] of DOORS) {
    const response = await post(url, body())
    t.equal(response.statusCode, 202)
    const { messageId } = response.json()
    t.same(response.json(), {
      queued: true,
      ticketId,
      messageId,
      status: 'QUEUED',
      externalId: null,
      error: null,
    })
    const message = await app.inject({
      url: `/api/v1/outbound/messages/${messageId}`,
      headers: { 'x-api-key': keys.acme },
    })
    t.match(message.json(), {
      to: PHONE,
      instanceId: 'acme-phone',
      priority: 0,
      payloadJson: { text: 'Hello' },
    })
  }
})

t.test(
  'every kind of message may be sent, and one that does not say its kind is told by its members',
  async (t) => {
    const table: [payload: object, intent: string][] = [
      [{ text: 'Hello' }, 'text'],
      [{ latitude: -23.5, longitude: -46.6 }, 'location'],
      [{ intent: 'poll', question: 'When?', options: ['today', 'tomorrow'] }, 'poll'],
    ]
    for (const [payload, intent] of table) {
      const { messageId } = (await post(TICKET, hello({ payload }))).json()
      const row = await db
        .selectFrom('delivery')
        .select('intent')
        .where('id', '=', messageId)
        .executeTakeFirstOrThrow()
      t.equal(row.intent, intent)
    }
  },
)

t.test('a known key is answered first, with what became of its message', async (t) => {
  for (const [url, body] of DOORS) {
    const asked = body()
    const { messageId } = (await post(url, asked)).json()
    const [delivery] = await claimAll()
    if (!delivery) throw new Error('nothing was claimed')
    await settle(domain, delivery, { status: 'sent', providerMessageId: `3EB0-${messageId}`, response: {} })
    await setInstance({ connected: false, status: 'disconnected' })
    const again = await post(url, asked)
    t.equal(again.statusCode, 202)
    t.same(again.json(), {
      queued: false,
      ticketId,
      messageId,
      status: 'SENT',
      externalId: `3EB0-${messageId}`,
      error: null,
    })
    await setInstance({ connected: true, status: 'connected' })
  }
})

t.test('a message that failed is told with its error', async (t) => {
  const asked = hello()
  await post(TICKET, asked)
  const [delivery] = await claimAll()
  if (!delivery) throw new Error('nothing was claimed')
  await settle(domain, delivery, {
    status: 'failed',
    fault: 'message',
    code: 'INVALID_TO',
    message: 'nobody',
  })
  t.match((await post(TICKET, asked)).json(), {
    queued: false,
    status: 'FAILED',
    error: { code: 'INVALID_TO', message: 'nobody' },
  })
})

t.test('the key may stand in a header, and without one nothing is sent', async (t) => {
  for (const [url, body] of DOORS) {
    const { idempotencyKey: _, ...bare } = body() as { idempotencyKey: string }
    matchProblem(t, await post(url, bare), 409, 'IDEMPOTENCY_KEY_REQUIRED')
    const first = await post(url, bare, { 'idempotency-key': `header ${url}` })
    const again = await post(url, { ...bare, idempotencyKey: `header ${url}` })
    t.equal(first.statusCode, 202)
    t.equal(again.json().messageId, first.json().messageId)
  }
})

t.test('a key that was used for other words is refused', async (t) => {
  for (const [url, body] of DOORS) {
    const asked = body()
    const { messageId } = (await post(url, asked)).json()
    const other = await post(url, { ...asked, payload: { intent: 'text', text: 'Bye' } })
    t.same(matchProblem(t, other, 409, 'IDEMPOTENCY_KEY_MISMATCH').details, { messageId })
  }
})

t.test('while the instance is not connected nothing is queued, and its state is told', async (t) => {
  await setInstance({ connected: false, status: 'logged_out' })
  for (const [url, body] of DOORS) {
    const { details } = matchProblem(t, await post(url, body()), 409, 'INSTANCE_DISCONNECTED')
    t.same(details, { status: 'logged_out', connected: false })
  }
  t.same(await db.selectFrom('delivery').select('id').execute(), [])
  await setInstance({ connected: true, status: 'connected' })
})

t.test('while the circuit is open nothing is queued, and it is told for how long', async (t) => {
  const openUntil = (seconds: number) =>
    sql`
    insert into instance_circuit (tenant_id, instance_id, open_until)
    values ('acme', 'acme-phone', now() + make_interval(secs => ${seconds}))
    on conflict (tenant_id, instance_id) do update set open_until = excluded.open_until`.execute(db)
  await openUntil(3_600)
  for (const [url, body] of DOORS) {
    const response = await post(url, body())
    matchProblem(t, response, 423, 'WHATSAPP_CIRCUIT_OPEN')
    t.match(response.headers['retry-after'], /^3\d{3}$/)
  }
  await openUntil(-1)
  t.equal((await post(TICKET, hello())).statusCode, 202, 'a circuit that is half open takes messages')
})

t.test('a contact that wants no messages gets none', async (t) => {
  const phone = '+5511955620009'
  const { ticketId: theirs } = await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi' })
  const contact = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow()
  await app.inject({
    method: 'PUT',
    url: `/api/contacts/${contact.id}/consents/service`,
    headers: { 'x-api-key': keys.acme },
    payload: { status: 'denied' },
  })
  matchProblem(t, await post(`/api/tickets/${theirs}/messages`, hello()), 422, 'BLOCKED_BY_POLICY')
})

t.test('a ticket of a group is answered in the group', async (t) => {
  const jid = '120363000000000001@g.us'
  const { messageId } = (await post(INSTANCE, hello({ to: jid }))).json()
  const { ticket_id: id } = await db
    .selectFrom('delivery')
    .select('ticket_id')
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow()
  t.equal((await post(`/api/tickets/${id}/messages`, hello())).statusCode, 202)
  const recipients = await db.selectFrom('delivery').select('recipient').distinct().execute()
  t.same(recipients, [{ recipient: jid }])
})

t.test('what is not there, or another tenant\u2019s, is not found', async (t) => {
  const nowhere = INSTANCE.replace('acme-phone', 'nowhere')
  t.same(matchProblem(t, await post(nowhere, hello({ to: PHONE })), 404, 'INSTANCE_NOT_FOUND').details, {
    instanceId: 'nowhere',
  })
  const theirs = await post(INSTANCE, hello({ to: PHONE }), {}, keys.other)
  matchProblem(t, theirs, 404, 'INSTANCE_NOT_FOUND')
  matchProblem(t, await post(`/api/tickets/${newId()}/messages`, hello()), 404, 'NOT_FOUND')
  matchProblem(t, await post(TICKET, hello(), {}, keys.other), 404, 'NOT_FOUND')
})

t.test('wrong input is told by its field', async (t) => {
  const table: [url: string, body: object, path: string][] = [
    [INSTANCE, hello(), 'body.to'],
    [INSTANCE, hello({ to: '' }), 'body.to'],
    [TICKET, hello({ payload: undefined }), 'body.payload'],
    [TICKET, hello({ payload: { intent: 'text', text: '' } }), 'body.payload.text'],
    [TICKET, hello({ payload: { intent: 'dance' } }), 'body.payload.intent'],
    [TICKET, hello({ payload: {} }), 'body.payload.intent'],
    [TICKET, hello({ payload: { text: 'Hello', more: true } }), 'body.payload.more'],
    [TICKET, hello({ idempotencyKey: ' ' }), 'body.idempotencyKey'],
    [TICKET, hello({ to: PHONE }), 'body'],
  ]
  for (const [url, body, path] of table) {
    const { details } = matchProblem(t, await post(url, body), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path }], JSON.stringify(body))
  }
  t.match(matchProblem(t, await post(INSTANCE, hello({ to: 'Maria' })), 422, 'INVALID_TO').details, [
    { path: 'body.to' },
  ])
  const reader = await keyWith('read')
  for (const [url, body] of DOORS)
    matchProblem(t, await post(url, body(), {}, reader), 403, 'INSUFFICIENT_SCOPE')
})

t.test('who asks too often is told when to ask again', async (t) => {
  const key = await keyWith('send')
  const answers = await Promise.all(Array.from({ length: 201 }, () => post(TICKET, {}, {}, key)))
  const refused = answers.filter(({ statusCode }) => statusCode === 429)
  t.equal(refused.length, 1)
  const [response] = refused
  if (response) matchProblem(t, response, 429, 'RATE_LIMITED')
  t.match(response?.headers['retry-after'], /^\d+$/)
})

t.test('an answer may quote a message of its own chat, and is shown with it', async (t) => {
  const { items } = (
    await app.inject({ url: TICKET, query: { limit: '1' }, headers: { 'x-api-key': keys.acme } })
  ).json()
  const quotedMessageId = items[0].id
  const payload = { text: 'Hello @5511955620009', quotedMessageId, mentions: ['+5511955620009'] }
  for (const [url, body] of DOORS) {
    const sent = await post(url, body({ payload }))
    t.equal(sent.statusCode, 202)
    const view = await app.inject({
      url: `/api/messages/${sent.json().messageId}`,
      headers: { 'x-api-key': keys.acme },
    })
    t.match(view.json(), { quoted: { id: quotedMessageId, text: 'Oi' }, mentions: ['+5511955620009'] })
  }
  const other = await receiveMessage(domain, { tenantId: 'acme', phone: '+5511955620002', text: 'Hi' })
  for (const id of [newId(), other.messageId]) {
    const refused = await post(TICKET, hello({ payload: { text: 'no', quotedMessageId: id } }))
    matchProblem(t, refused, 404, 'MESSAGE_NOT_FOUND')
    t.match(refused.json(), { error: { details: { path: 'body.payload.quotedMessageId' } } })
  }
  const quoted = { providerMessageId: '3A01', fromMe: false }
  for (const [members, path] of [
    [{ quoted }, 'body.payload.quoted'],
    [{ mentions: ['nobody'] }, 'body.payload.mentions.0'],
    [{ quotedMessageId: '' }, 'body.payload.quotedMessageId'],
  ] as const) {
    const refused = await post(TICKET, hello({ payload: { text: 'no', ...members } }))
    matchProblem(t, refused, 400, 'VALIDATION_ERROR')
    t.match(refused.json(), { error: { details: [{ path }] } })
  }
})
