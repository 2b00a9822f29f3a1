import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, domain, keys } = await startApi(t)

const get = (url: string, query: Record<string, string> = {}, key = keys.acme) =>
  app.inject({ url, query, headers: { 'x-api-key': key } })

/** Every item of a list, page by page. */
async function readAll(url: string, limit: number): Promise<{ id: string; text?: string }[]> {
  const items = []
  let query: Record<string, string> = { limit: String(limit) }
  for (;;) {
    const page = (await get(url, query)).json()
    items.push(...page.items)
    if (page.nextCursor === null) return items
    query = { ...query, cursor: page.nextCursor }
  }
}

const phones = Array.from({ length: 5 }, (_, n) => `+551195555000${n}`)
const tickets: string[] = []
for (const phone of phones) {
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: `from ${phone}` })
  tickets.unshift(ticketId)
}
const theirs = await receiveMessage(domain, { tenantId: 'other', phone: '+5511955550000', text: 'to other' })

t.test('tickets are listed by their latest activity, with contact, preview and what is unread', async (t) => {
  const { items, nextCursor } = (await get('/api/tickets')).json()
  t.same(
    items.map(({ id }: { id: string }) => id),
    tickets,
  )
  t.equal(nextCursor, null)
  t.match(items[0], {
    status: 'open',
    instanceId: 'acme-phone',
    preview: 'from +5511955550004',
    unreadCount: 1,
    contact: { phone: '+5511955550004', isGroup: false },
  })
})

t.test('a ticket tells when each side wrote, until when it may be answered, and what is known', async (t) => {
  const phone = '+5511955550043'
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi!' })
  const answer = await get(`/api/tickets/${ticketId}`)
  t.match(answer.json(), {
    id: ticketId,
    contact: { phone },
    knownFields: {},
    timeline: { firstInboundAt: /^20/, lastOutboundAt: null },
    window: { isOpen: true },
  })
  const { timeline, metadata, window } = answer.json()
  t.same(metadata, { timeline })
  t.equal(Date.parse(window.expiresAt), Date.parse(timeline.lastInboundAt) + 24 * 3_600_000)
  t.same((await get('/api/tickets', { limit: '1' })).json().items, [answer.json()])
  const { items } = (await get(`/api/tickets/${ticketId}/timeline`)).json()
  t.match(items, [{ type: 'MESSAGE_RECEIVED' }, { type: 'TICKET_OPENED' }])
  t.match((await get(`/api/tickets/${ticketId}/timeline`, { type: 'TICKET_OPENED' })).json().items, [
    { ticketId },
  ])
  for (const url of [`/api/tickets/${newId()}`, `/api/tickets/${newId()}/timeline`]) {
    matchProblem(t, await get(url), 404, 'NOT_FOUND')
  }
  for (const url of [`/api/tickets/${ticketId}`, `/api/tickets/${ticketId}/timeline`]) {
    matchProblem(t, await get(url, {}, keys.other), 404, 'NOT_FOUND')
  }
  tickets.unshift(ticketId)
})

t.test('one message is read as its ticket lists it, by its own tenant alone', async (t) => {
  const phone = '+5511955550044'
  const { ticketId, messageId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi!' })
  const answer = await get(`/api/messages/${messageId}`)
  t.match(answer.json(), { id: messageId, ticketId, text: 'Oi!', quoted: null, reactions: [] })
  t.same((await get(`/api/tickets/${ticketId}/messages`)).json().items, [answer.json()])
  matchProblem(t, await get(`/api/messages/${messageId}`, {}, keys.other), 404, 'NOT_FOUND')
  matchProblem(t, await get(`/api/messages/${newId()}`), 404, 'NOT_FOUND')
  tickets.unshift(ticketId)
})

t.test('pages give every ticket once', async (t) => {
  for (const limit of [1, 2, 3, 5]) {
    t.same(
      (await readAll('/api/tickets', limit)).map(({ id }) => id),
      tickets,
      `pages of ${limit}`,
    )
  }
})

t.test('messages of a ticket are listed in the order in which they came, page by page', async (t) => {
  const phone = '+5511955550042'
  const texts = ['1', '2', '3', '4', '5']
  let ticketId = ''
  for (const text of texts)
    ticketId = (await receiveMessage(domain, { tenantId: 'acme', phone, text })).ticketId
  for (const limit of [1, 2, 5, 200]) {
    const messages = await readAll(`/api/tickets/${ticketId}/messages`, limit)
    t.same(
      messages.map(({ text }) => text),
      texts,
      `pages of ${limit}`,
    )
  }
})

t.test('a ticket that is another tenant\u2019s, or nobody\u2019s, is not there', async (t) => {
  for (const id of [theirs.ticketId, newId()]) {
    matchProblem(t, await get(`/api/tickets/${id}/messages`), 404, 'NOT_FOUND')
  }
  t.equal((await get(`/api/tickets/${theirs.ticketId}/messages`, {}, keys.other)).statusCode, 200)
})

t.test('a cursor opens no other tenant\u2019s list', async (t) => {
  const { nextCursor } = (await get('/api/tickets', { limit: '1' })).json()
  const response = await get('/api/tickets', { cursor: nextCursor }, keys.other)
  t.equal(response.statusCode, 200)
  for (const id of tickets) t.notMatch(response.body, id)
})

t.test('a page that cannot be is refused by its field', async (t) => {
  const table: [query: Record<string, string>, path: string][] = [
    [{ limit: '0' }, 'querystring.limit'],
    [{ limit: '201' }, 'querystring.limit'],
    [{ limit: 'many' }, 'querystring.limit'],
    [{ cursor: 'nonsense' }, 'querystring.cursor'],
    [{ cursor: 'a'.repeat(501) }, 'querystring.cursor'],
  ]
  for (const [query, path] of table) {
    for (const url of ['/api/tickets', `/api/tickets/${tickets[0]}/messages`]) {
      const { details } = matchProblem(t, await get(url, query), 400, 'VALIDATION_ERROR')
      t.match(details, [{ path }], JSON.stringify(query).slice(0, 40))
    }
  }
})
