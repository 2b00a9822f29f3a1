import { newId } from '@carteiro/database/new-id'
import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)

let contacts = 0
async function newContact(): Promise<{ id: string; phone: string }> {
  const phone = `+551195560${String(++contacts).padStart(4, '0')}`
  await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi' })
  const { id } = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow()
  return { id, phone }
}

const put = (id: string, purpose: string, payload: object, key = keys.acme) =>
  app.inject({
    method: 'PUT',
    url: `/api/contacts/${id}/consents/${purpose}`,
    headers: { 'x-api-key': key },
    payload,
  })
const get = (path: string, key = keys.acme) =>
  app.inject({ url: `/api/contacts/${path}`, headers: { 'x-api-key': key } })
const send = (to: string, fields: object = {}) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/outbound/messages',
    headers: { 'x-api-key': keys.acme },
    payload: { to, text: 'Hello', ...fields },
  })
const countDeliveries = async () => (await db.selectFrom('delivery').select('id').execute()).length
const claimAll = () =>
  claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit: 50, claimSeconds: 60 })
const audited = (entityId: string) =>
  db
    .selectFrom('audit_entry')
    .select(['action', 'actor', 'details'])
    .where('entity_id', '=', entityId)
    .orderBy('id')
    .execute()

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, lane cascade`.execute(db)
})

t.test('with no word said, service messages are sent and marketing is not', async (t) => {
  const { id, phone } = await newContact()
  t.match((await get(`${id}/consents/service`)).json(), { status: null, at: null, maySend: true })
  t.match((await get(`${id}/consents/marketing`)).json(), { status: null, maySend: false })
  const service = await send(phone)
  t.equal(service.statusCode, 201)
  t.equal(service.json().purpose, 'service')
  const { details } = matchProblem(t, await send(phone, { purpose: 'marketing' }), 422, 'BLOCKED_BY_POLICY')
  t.same(details, { purpose: 'marketing', consent: null })
})

t.test(
  'a recipient that is no contact yet has agreed to nothing, and becomes none by a refusal',
  async (t) => {
    matchProblem(t, await send('+5511955609999', { purpose: 'marketing' }), 422, 'BLOCKED_BY_POLICY')
    t.same(await db.selectFrom('contact').select('id').where('phone', '=', '+5511955609999').execute(), [])
    t.match(await audited('none'), [{ action: 'BLOCKED_BY_POLICY', details: { purpose: 'marketing' } }])
  },
)

t.test('what was granted may be sent, what was denied may not, and the newest word rules', async (t) => {
  const { id, phone } = await newContact()
  const granted = await put(id, 'marketing', {
    status: 'granted',
    source: 'form',
    at: '2024-05-01T12:00:00Z',
  })
  t.same(granted.json(), {
    contactId: id,
    purpose: 'marketing',
    status: 'granted',
    source: 'form',
    at: '2024-05-01T12:00:00.000Z',
    maySend: true,
  })
  t.equal((await send(phone, { purpose: 'marketing' })).statusCode, 201)
  await put(id, 'marketing', { status: 'denied', source: 'chat' })
  const older = await put(id, 'marketing', { status: 'granted', at: '2024-06-01T12:00:00-03:00' })
  t.match(
    older.json(),
    { status: 'denied', source: 'chat', maySend: false },
    'a word from before changes nothing',
  )
  matchProblem(t, await send(phone, { purpose: 'marketing' }), 422, 'BLOCKED_BY_POLICY')
  t.equal((await send(phone)).statusCode, 201, 'another purpose is another question')
})

t.test('what is refused is not queued, and the audit trail tells it', async (t) => {
  const { id, phone } = await newContact()
  await put(id, 'service', { status: 'denied', source: 'chat' })
  const before = await countDeliveries()
  const { details } = matchProblem(t, await send(phone), 422, 'BLOCKED_BY_POLICY')
  t.same(details, { purpose: 'service', consent: 'denied' })
  t.equal(await countDeliveries(), before)
  t.match(await audited(id), [
    { action: 'UPDATED', actor: /^key:/, details: { purpose: 'service', status: 'denied' } },
    {
      action: 'BLOCKED_BY_POLICY',
      actor: /^key:/,
      details: { purpose: 'service', consent: 'denied' },
    },
  ])
})

t.test('a key that is known is answered first, whatever was said since', async (t) => {
  const { id, phone } = await newContact()
  const first = await send(phone, { idempotencyKey: 'before the no' })
  await put(id, 'service', { status: 'denied' })
  const again = await send(phone, { idempotencyKey: 'before the no' })
  t.equal(again.statusCode, 200)
  t.equal(again.json().id, first.json().id)
})

t.test(
  'a consent that is withdrawn while a message waits stops it, and what is behind it goes',
  async (t) => {
    const { id, phone } = await newContact()
    await put(id, 'marketing', { status: 'granted' })
    const campaign = (await send(phone, { purpose: 'marketing' })).json().id
    const answer = (await send(phone, { text: 'your order' })).json().id
    await put(id, 'marketing', { status: 'denied', source: 'chat' })
    t.same(await claimAll(), [], 'the head ends')
    const ended = await app.inject({
      url: `/api/v1/outbound/messages/${campaign}`,
      headers: { 'x-api-key': keys.acme },
    })
    t.match(ended.json(), {
      status: 'FAILED',
      errorCode: 'BLOCKED_BY_POLICY',
      attemptCount: 0,
      attempts: [],
    })
    t.match(await audited(campaign), [
      { action: 'CREATED' },
      { action: 'BLOCKED_BY_POLICY', actor: 'worker', details: { consent: 'denied' } },
      { action: 'FAILED', details: { errorCode: 'BLOCKED_BY_POLICY' } },
    ])
    const [claimed] = await claimAll()
    t.equal(claimed?.id, answer)
    if (claimed) await settle(domain, claimed, { status: 'sent', providerMessageId: '3EB0', response: {} })
  },
)

t.test('a message that may have left before its consent was withdrawn is not denied', async (t) => {
  const { id, phone } = await newContact()
  await put(id, 'marketing', { status: 'granted' })
  const campaign = (await send(phone, { purpose: 'marketing' })).json().id
  const [claimed] = await claimAll()
  if (!claimed) throw new Error('nothing was claimed')
  t.equal(claimed.id, campaign)
  const answer = { code: 'BROKER_TIMEOUT', message: 'No answer came.' }
  await settle(domain, claimed, { status: 'failed', fault: 'unknown', ...answer })
  await put(id, 'marketing', { status: 'denied' })
  await db.updateTable('lane').set({ ready_at: new Date() }).where('ready_at', 'is not', null).execute()
  t.same(await claimAll(), [], 'it is not sent again')
  const row = await db.selectFrom('delivery').selectAll().where('id', '=', campaign).executeTakeFirstOrThrow()
  t.match(row, { state: 'FAILED', error_code: 'OUTCOME_UNKNOWN', attempts: 1 })
})

t.test('a tenant\u2019s policy may demand a consent for service messages, too', async (t) => {
  const { id, phone } = await newContact()
  const queued = (await send(phone)).json().id
  const settings = JSON.stringify({ consent: { service: 'granted' } })
  await sql`update tenant set settings = ${settings}::jsonb where id = 'acme'`.execute(db)
  matchProblem(t, await send(phone), 422, 'BLOCKED_BY_POLICY')
  t.match((await get(`${id}/consents/service`)).json(), { status: null, maySend: false })
  t.same(await claimAll(), [], 'what was queued before is asked for it as well')
  t.match(await audited(queued), [{}, { action: 'BLOCKED_BY_POLICY' }, { action: 'FAILED' }])
  await put(id, 'service', { status: 'granted' })
  t.equal((await send(phone)).statusCode, 201)
  await sql`update tenant set settings = '{}' where id = 'acme'`.execute(db)
})

t.test('the history is kept, newest first, and the same word is kept once', async (t) => {
  const { id } = await newContact()
  const said = { status: 'granted', source: 'form', at: '2024-05-01T12:00:00Z' }
  await put(id, 'marketing', said)
  await put(id, 'marketing', said)
  await put(id, 'service', { status: 'denied' })
  t.match((await get(`${id}/consents`)).json(), {
    items: [
      { purpose: 'service', status: 'denied', source: 'api' },
      { purpose: 'marketing', status: 'granted', source: 'form', at: '2024-05-01T12:00:00.000Z' },
    ],
    nextCursor: null,
  })
  const page = (await get(`${id}/consents?limit=1`)).json()
  t.match((await get(`${id}/consents?limit=1&cursor=${page.nextCursor}`)).json(), {
    items: [{ purpose: 'marketing' }],
    nextCursor: null,
  })
  t.match((await get(`${id}/consents?purpose=service`)).json(), { items: [{ status: 'denied' }] })
})

t.test('wrong input is told by its field', async (t) => {
  const { id } = await newContact()
  const table: [purpose: string, body: object, path: string][] = [
    ['sales', { status: 'granted' }, 'params.purpose'],
    ['service', {}, 'body.status'],
    ['service', { status: 'maybe' }, 'body.status'],
    ['service', { status: 'granted', source: '' }, 'body.source'],
    ['service', { status: 'granted', source: 'a'.repeat(201) }, 'body.source'],
    ['service', { status: 'granted', source: 'a\u0000b' }, 'body.source'],
    ['service', { status: 'granted', at: 'yesterday' }, 'body.at'],
    ['service', { status: 'granted', at: new Date(Date.now() + 3_600_000).toISOString() }, 'body.at'],
    ['service', { status: 'granted', more: true }, 'body'],
  ]
  for (const [purpose, body, path] of table) {
    const { details } = matchProblem(t, await put(id, purpose, body), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path }], JSON.stringify(body))
  }
  t.match((await get(`${id}/consents`)).json(), { items: [] })
  const { details } = matchProblem(
    t,
    await send('+5511955600001', { purpose: 'sales' }),
    400,
    'VALIDATION_ERROR',
  )
  t.match(details, [{ path: 'body.purpose' }])
})

t.test('a contact that is another tenant\u2019s, or nobody\u2019s, is not there', async (t) => {
  const { id } = await newContact()
  for (const [contact, key] of [
    [id, keys.other],
    [newId(), keys.acme],
  ] as const) {
    matchProblem(t, await put(contact, 'service', { status: 'denied' }, key), 404, 'NOT_FOUND')
    matchProblem(t, await get(`${contact}/consents/service`, key), 404, 'NOT_FOUND')
    matchProblem(t, await get(`${contact}/consents`, key), 404, 'NOT_FOUND')
  }
  matchProblem(
    t,
    await put(id, 'service', { status: 'denied' }, await keyWith('read')),
    403,
    'INSUFFICIENT_SCOPE',
  )
  t.match((await get(`${id}/consents/service`)).json(), { status: null })
})
