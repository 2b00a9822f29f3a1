import { newId } from '@carteiro/database/new-id'
import { upsertContact } from '@carteiro/domain/contacts/upsert'
import { commit } from '@carteiro/domain/events/unit-of-work'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)

const get = (path: string, key = keys.acme) =>
  app.inject({ url: `/api/contacts${path}`, headers: { 'x-api-key': key } })
const patch = (id: string, payload: object, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'PATCH',
    url: `/api/contacts/${id}`,
    headers: { 'x-api-key': keys.acme, ...headers },
    payload,
  })

let last = 0
const newPhone = () => `+5511944${String(++last).padStart(6, '0')}`
const tell = (phone: string, told: { name?: string; pushName?: string; document?: string } = {}, more = {}) =>
  commit(domain, (work) =>
    upsertContact(work, 'acme', { kind: 'person', phone, lid: null, jid: null, ...told, ...more }),
  )

t.test('a name that people give stands before what is told later, and taken away that shows', async (t) => {
  const phone = newPhone()
  const { id } = await tell(phone, { pushName: 'Mari' })
  t.match((await get(`/${id}`)).json(), {
    name: 'Mari',
    pushName: 'Mari',
    told: { name: 'Mari' },
    version: 1,
  })
  const named = await patch(id, { name: ' Maria, the baker ', document: '123', registrations: ['A'] })
  t.equal(named.statusCode, 200, named.body)
  t.match(named.json(), { name: 'Maria, the baker', document: '123', registrations: ['A'], version: 2 })
  await tell(phone, { name: 'Maria Silva', document: '999' }, { registrations: ['B'] })
  t.match((await get(`/${id}`)).json(), {
    name: 'Maria, the baker',
    document: '123',
    registrations: ['A'],
    told: { name: 'Maria Silva', document: '999', registrations: ['B'] },
    version: 2,
  })
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi!' })
  const ticket = await app.inject({ url: `/api/tickets/${ticketId}`, headers: { 'x-api-key': keys.acme } })
  t.equal(ticket.json().contact.name, 'Maria, the baker', 'tickets show it')
  const cleared = await patch(id, { name: null, document: null, registrations: null })
  t.match(cleared.json(), { name: 'Maria Silva', document: '999', registrations: ['B'], version: 3 })
})

t.test('a name that was given is kept when two contacts turn out to be one', async (t) => {
  const phone = newPhone()
  const lid = `${phone.slice(3)}@lid`
  const byPhone = await tell(phone, { name: 'Told' })
  const byLid = await commit(domain, (work) =>
    upsertContact(work, 'acme', { kind: 'person', phone: null, lid, jid: null, pushName: 'Mari' }),
  )
  await patch(byLid.id, { name: 'Given', attributes: { color: 'red' } })
  const { id } = await tell(phone, {}, { lid })
  t.equal(id, byPhone.id)
  t.match((await get(`/${id}`)).json(), {
    name: 'Given',
    told: { name: 'Told' },
    attributes: { color: 'red' },
    version: 3,
  })
  const stale = await patch(id, { name: 'Older' }, { 'if-match': '"1"' })
  matchProblem(t, stale, 412, 'STALE_VERSION')
})

t.test('of two who change a contact at once, the second one is told', async (t) => {
  const { id } = await tell(newPhone())
  t.equal((await get(`/${id}`)).headers.etag, '"1"')
  const write = (name: string) => patch(id, { name }, { 'if-match': '"1"' })
  const answers = await Promise.all([write('One'), write('Other')])
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 412])
  const refused = answers.find(({ statusCode }) => statusCode === 412)
  t.match(refused?.json(), { error: { code: 'STALE_VERSION', details: { version: 2 } } })
  t.equal(answers.find(({ statusCode }) => statusCode === 200)?.headers.etag, '"2"')
})

t.test('a change is told to listeners, and the audit trail keeps nothing that was written', async (t) => {
  const { id } = await tell(newPhone())
  await patch(id, { name: 'Maria', attributes: { tier: 'gold' } })
  t.equal((await patch(id, { name: 'Maria', attributes: { tier: 'gold' } })).json().version, 2, 'no change')
  const told = await db.selectFrom('event').select(['type', 'payload']).where('contact_id', '=', id).execute()
  const changes = told.filter(({ type }) => type === 'contact.updated')
  t.match(
    changes.map(({ payload }) => payload),
    [{ contactId: id, contact: { name: 'Maria' } }],
  )
  const audit = await db.selectFrom('audit_entry').selectAll().where('entity_id', '=', id).execute()
  t.match(audit, [{ action: 'UPDATED', entity_type: 'contact', details: { fields: ['name'] } }])
  t.notMatch(JSON.stringify(audit), /Maria|gold/)
})

t.test('attributes are merged, taken away one by one, and bounded', async (t) => {
  const { id } = await tell(newPhone())
  await patch(id, { attributes: { tier: 'gold', visits: 3, vip: true } })
  t.same((await patch(id, { attributes: { tier: null, visits: 4 } })).json().attributes, {
    visits: 4,
    vip: true,
  })
  const many = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`field ${from + n}`, n]))
  t.equal((await patch(id, { attributes: many(0, 98) })).statusCode, 200)
  matchProblem(t, await patch(id, { attributes: many(98, 1) }), 400, 'VALIDATION_ERROR')
  const long = Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`field ${n}`, 'a'.repeat(2_000)]))
  matchProblem(t, await patch(id, { attributes: long }), 400, 'VALIDATION_ERROR')
  t.equal((await get(`/${id}`)).json().version, 4, 'what is refused changes nothing')
})

t.test('contacts are listed, those who came last first, page by page', async (t) => {
  const phones = [newPhone(), newPhone(), newPhone()]
  const ids: string[] = []
  for (const phone of phones) ids.unshift((await tell(phone)).id)
  const jid = '120363000000000077@g.us'
  const group = await commit(domain, (work) =>
    upsertContact(work, 'acme', { kind: 'group', phone: null, lid: null, jid, name: 'Family' }),
  )
  const page = (await get('?kind=person&limit=2')).json()
  t.same(
    page.items.map(({ id }: { id: string }) => id),
    ids.slice(0, 2),
  )
  const next = (await get(`?kind=person&limit=2&cursor=${page.nextCursor}`)).json()
  t.equal(next.items[0].id, ids[2])
  t.match((await get('?kind=group')).json().items, [{ id: group.id, name: 'Family', isGroup: true }])
  matchProblem(t, await get('?cursor=nonsense'), 400, 'VALIDATION_ERROR')
})

t.test('a contact is found by its phone, however that is written', async (t) => {
  const { id } = await tell('+5511987651234')
  for (const spelling of ['+5511987651234', '5511987651234', '+55 (11) 98765-1234']) {
    const { items } = (await get(`?phone=${encodeURIComponent(spelling)}`)).json()
    t.same(
      items.map((contact: { id: string }) => contact.id),
      [id],
      spelling,
    )
  }
  t.same((await get('?phone=%2B5511987651235')).json(), { items: [], nextCursor: null })
  for (const wrong of ['maria', '1234', '77@lid', '']) {
    matchProblem(t, await get(`?phone=${encodeURIComponent(wrong)}`), 400, 'VALIDATION_ERROR')
  }
})

t.test('a contact tells how it stands to each purpose', async (t) => {
  const { id } = await tell(newPhone())
  t.match((await get(`/${id}`)).json().consents, [
    { purpose: 'service', status: null, maySend: true },
    { purpose: 'marketing', status: null, maySend: false },
  ])
})

t.test('wrong input is told by its field', async (t) => {
  const { id } = await tell(newPhone())
  const table: [body: object, path: string][] = [
    [{ name: '' }, 'body.name'],
    [{ name: 'a'.repeat(201) }, 'body.name'],
    [{ name: 'two\nlines' }, 'body.name'],
    [{ name: 'a\u0000b' }, 'body.name'],
    [{ document: '  ' }, 'body.document'],
    [{ registrations: 'A' }, 'body.registrations'],
    [{ registrations: Array(51).fill('A') }, 'body.registrations'],
    [{ attributes: { a: { b: 1 } } }, 'body.attributes.a'],
    [{ attributes: { a: 'a'.repeat(2_001) } }, 'body.attributes.a'],
    [{ attributes: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, n])) }, 'body.attributes'],
    [{ phone: '+5511900000000' }, 'body'],
  ]
  for (const [body, path] of table) {
    const { details } = matchProblem(t, await patch(id, body), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path }], JSON.stringify(body).slice(0, 60))
  }
  matchProblem(t, await patch(id, { name: 'A' }, { 'if-match': 'x' }), 400, 'VALIDATION_ERROR')
})

t.test('a contact that is another tenant\u2019s, or nobody\u2019s, is not there', async (t) => {
  const { id } = await tell(newPhone())
  for (const [contact, key] of [
    [id, keys.other],
    [newId(), keys.acme],
  ] as const) {
    matchProblem(t, await get(`/${contact}`, key), 404, 'NOT_FOUND')
    matchProblem(t, await patch(contact, { name: 'Mine' }, { 'x-api-key': key }), 404, 'NOT_FOUND')
  }
  t.same((await get('', keys.other)).json().items, [])
  const reader = { 'x-api-key': await keyWith('read') }
  matchProblem(t, await patch(id, { name: 'A' }, reader), 403, 'INSUFFICIENT_SCOPE')
})
