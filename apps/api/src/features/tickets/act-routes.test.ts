import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)

interface Asked {
  payload?: object
  headers?: Record<string, string>
  key?: string
}

const call = (method: 'GET' | 'PATCH' | 'POST', path: string, { payload, headers, key }: Asked = {}) =>
  app.inject({
    method,
    url: `/api/tickets/${path}`,
    headers: { 'x-api-key': key ?? keys.acme, ...headers },
    ...(payload ? { payload } : {}),
  })

const patch = (id: string, payload: object, version?: number) =>
  call('PATCH', id, { payload, headers: version === undefined ? {} : { 'if-match': `"${version}"` } })

let phones = 0
const write = (phone = `+55119666${String(++phones).padStart(5, '0')}`) =>
  receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi!' }).then(({ ticketId }) => ({
    id: ticketId,
    phone,
  }))

const eventsOf = async (ticketId: string) => {
  const rows = await db
    .selectFrom('event')
    .select(['type', 'payload'])
    .where('ticket_id', '=', ticketId)
    .orderBy('seq')
    .execute()
  return rows.filter(({ type }) => type.startsWith('ticket.') && type !== 'ticket.message')
}

const timelineOf = async (id: string) => (await call('GET', `${id}/timeline`)).json().items

t.test('a ticket is assigned, closed and opened again, and everybody is told', async (t) => {
  const { id } = await write()
  const assigned = await patch(id, { assigneeId: 'maria', status: 'pending' })
  t.equal(assigned.statusCode, 200, assigned.body)
  t.match(assigned.json(), { id, assigneeId: 'maria', status: 'pending', version: 2 })
  t.equal(assigned.headers.etag, '"2"')
  t.match((await patch(id, { status: 'closed' })).json(), {
    status: 'closed',
    assigneeId: 'maria',
    version: 3,
  })
  t.match((await patch(id, { status: 'open', assigneeId: null })).json(), {
    status: 'open',
    assigneeId: null,
    version: 4,
  })
  t.match(
    (await eventsOf(id)).map(({ payload }) => payload),
    [
      { ticket: { status: 'pending', assigneeId: 'maria', version: 2 } },
      { ticket: { status: 'closed', version: 3 } },
      { ticket: { status: 'open', assigneeId: null, version: 4 } },
    ],
  )
  t.match((await timelineOf(id)).map(({ type }: { type: string }) => type).slice(0, 5), [
    'TICKET_ASSIGNED',
    'TICKET_REOPENED',
    'TICKET_CLOSED',
    'TICKET_ASSIGNED',
    'TICKET_PENDING',
  ])
  const audit = await db.selectFrom('audit_entry').select('details').where('entity_id', '=', id).execute()
  t.equal(audit.length, 3)
})

t.test('of two who change a ticket at once, the second one is told', async (t) => {
  const { id } = await write()
  const read = await call('GET', id)
  t.equal(read.headers.etag, '"1"')
  const answers = await Promise.all([
    patch(id, { assigneeId: 'maria' }, 1),
    patch(id, { assigneeId: 'joana' }, 1),
  ])
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 412])
  const refused = answers.find(({ statusCode }) => statusCode === 412)
  t.match(refused?.json(), { error: { code: 'STALE_VERSION', details: { version: 2 } } })
  const winner = answers.find(({ statusCode }) => statusCode === 200)?.json()
  t.equal((await call('GET', id)).json().assigneeId, winner.assigneeId)
})

t.test('a message makes nobody\u2019s version stale, and what is there already is no change', async (t) => {
  const { id, phone } = await write()
  await write(phone)
  t.equal((await patch(id, { assigneeId: 'maria' }, 1)).statusCode, 200)
  t.equal((await patch(id, { assigneeId: 'maria' }, 2)).json().version, 2)
  t.equal((await eventsOf(id)).length, 1)
})

t.test('a contact whose ticket was closed opens another one, and the old one stays closed', async (t) => {
  const { id, phone } = await write()
  await patch(id, { status: 'closed' })
  const next = await write(phone)
  t.not(next.id, id)
  const refused = await patch(id, { status: 'open' })
  t.match(matchProblem(t, refused, 409, 'IMPOSSIBLE_TRANSITION').details, { ticketId: next.id })
  t.equal((await call('GET', id)).json().status, 'closed')
  await patch(next.id, { status: 'closed' })
  t.equal((await patch(id, { status: 'open' })).statusCode, 200)
})

t.test('who reads a ticket leaves nothing unread, and is told of what comes then', async (t) => {
  const { id, phone } = await write()
  await write(phone)
  t.equal((await call('GET', id)).json().unreadCount, 2)
  t.equal((await call('POST', `${id}/read`)).statusCode, 204)
  t.equal((await call('POST', `${id}/read`)).statusCode, 204)
  t.match(await eventsOf(id), [{ type: 'ticket.updated', payload: { ticket: { unreadCount: 0 } } }])
  await write(phone)
  t.match((await call('GET', id)).json(), { unreadCount: 1, version: 1 })
})

t.test('a note is in the timeline and in the log, and nowhere that a contact reads', async (t) => {
  const { id } = await write()
  const made = await call('POST', `${id}/notes`, { payload: { text: 'Calls back on Monday' } })
  t.equal(made.statusCode, 201, made.body)
  const note = made.json()
  t.match(note, { text: 'Calls back on Monday', by: /^key:/ })
  t.match((await timelineOf(id))[0], { id: note.id, type: 'NOTE', details: { text: note.text } })
  t.match(await eventsOf(id), [{ type: 'ticket.note', payload: { note } }])
  t.equal((await call('GET', `${id}/messages`)).json().items.length, 1)
})

t.test('what cannot be done is refused with its path, and changes nothing', async (t) => {
  const { id } = await write()
  for (const [payload, path] of [
    [{ status: 'gone' }, 'body.status'],
    [{ assigneeId: '' }, 'body.assigneeId'],
    [{ queueId: 'sales' }, 'body.queueId'],
    [{ queueId: newId() }, 'body.queueId'],
    [{ owner: 'maria' }, 'body'],
  ] as const) {
    t.match(matchProblem(t, await patch(id, payload), 400, 'VALIDATION_ERROR').details, [{ path }])
  }
  const odd = await call('PATCH', id, { payload: { status: 'closed' }, headers: { 'if-match': 'newest' } })
  matchProblem(t, odd, 400, 'VALIDATION_ERROR')
  matchProblem(t, await call('POST', `${id}/notes`, { payload: { text: ' ' } }), 400, 'VALIDATION_ERROR')
  matchProblem(t, await patch(newId(), { status: 'closed' }), 404, 'NOT_FOUND')
  matchProblem(t, await call('POST', `${newId()}/read`), 404, 'NOT_FOUND')
  matchProblem(t, await call('POST', `${newId()}/notes`, { payload: { text: 'x' } }), 404, 'NOT_FOUND')
  matchProblem(t, await call('GET', `${newId()}/timeline`), 404, 'NOT_FOUND')
  t.match((await call('GET', id)).json(), { status: 'open', version: 1 })
})

t.test('a key that may only read changes nothing', async (t) => {
  const { id } = await write()
  const asked = { payload: { status: 'closed' }, key: await keyWith('read') }
  matchProblem(t, await call('PATCH', id, asked), 403, 'INSUFFICIENT_SCOPE')
})

t.test('tickets are found by what people look for', async (t) => {
  const [mine, closed, none] = [await write(), await write(), await write()]
  await patch(mine.id, { assigneeId: 'finder' })
  await patch(closed.id, { assigneeId: 'finder', status: 'closed' })
  await call('POST', `${none.id}/read`)
  const idsOf = async (query: Record<string, string>) => {
    const answer = await app.inject({
      url: '/api/tickets',
      query: { limit: '200', ...query },
      headers: { 'x-api-key': keys.acme },
    })
    return answer.json().items.map(({ id }: { id: string }) => id)
  }
  t.same(await idsOf({ assigneeId: 'finder', status: 'open' }), [mine.id])
  t.same(await idsOf({ assigneeId: 'finder', status: 'closed' }), [closed.id])
  t.ok((await idsOf({ assigneeId: 'none' })).includes(none.id))
  t.notOk((await idsOf({ assigneeId: 'none' })).includes(mine.id))
  t.notOk((await idsOf({ unread: 'true' })).includes(none.id))
  t.ok((await idsOf({ unread: 'false' })).includes(none.id))
  const { contact, queueId } = (await call('GET', mine.id)).json()
  t.same(await idsOf({ contactId: contact.id }), [mine.id])
  t.ok((await idsOf({ queueId, instanceId: 'acme-phone' })).includes(mine.id))
  t.notOk((await idsOf({ queueId: 'none' })).includes(mine.id))
  t.same(await idsOf({ instanceId: 'nobody' }), [])
})
