import { cancelDelivery } from '@carteiro/domain/outbox/cancel-delivery'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, domain, keys, keyWith } = await startApi(t)

const get = (url: string, query: Record<string, string> = {}, key = keys.acme) =>
  app.inject({ url, query, headers: { 'x-api-key': key } })
const readItems = async (url: string, query: Record<string, string> = {}, key = keys.acme) =>
  (await get(url, query, key)).json().items

const created = await app.inject({
  method: 'POST',
  url: '/api/v1/outbound/messages',
  headers: { 'x-api-key': keys.acme, 'x-request-id': 'request-created' },
  payload: { to: '+5511955590001', text: 'Hello' },
})
const { id } = created.json()
await cancelDelivery(domain, { tenantId: 'acme', id, actor: 'ana', requestId: 'request-cancelled' })
const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone: '+5511955590002', text: 'Oi' })

t.test('the audit trail tells who did what to a message, newest first', async (t) => {
  t.match(await readItems('/api/audit-events', { entityType: 'delivery', entityId: id }), [
    {
      actor: 'ana',
      action: 'CANCELLED',
      entityType: 'delivery',
      entityId: id,
      details: { status: 'CANCELLED' },
      requestId: 'request-cancelled',
    },
    { actor: /^key:/, action: 'CREATED', requestId: 'request-created' },
  ])
  t.match(await readItems('/api/audit-events', { action: 'CANCELLED' }), [{ entityId: id }])
  t.match(await readItems('/api/audit-events', { actor: 'ana' }), [{ action: 'CANCELLED' }])
  t.same(await readItems('/api/audit-events', { action: 'NEVER' }), [])
})

t.test('activities tell what happened in the tickets, newest first', async (t) => {
  const all = await readItems('/api/activities')
  t.match(all[0], { type: 'MESSAGE_RECEIVED', ticketId, messageId: String })
  t.match(all.at(-1), { type: 'TICKET_OPENED', messageId: null })
  t.match(await readItems('/api/activities', { type: 'MESSAGE_STATUS_UPDATE' }), [
    { messageId: id, details: { status: 'CANCELLED' } },
  ])
  const ofTicket = await readItems('/api/activities', { ticketId })
  t.same(new Set(ofTicket.map((item: { ticketId: string }) => item.ticketId)), new Set([ticketId]))
})

t.test('page by page every entry is given once', async (t) => {
  for (const url of ['/api/audit-events', '/api/activities']) {
    const whole = await readItems(url)
    const seen: unknown[] = []
    let cursor: string | null = null
    do {
      const page: { items: unknown[]; nextCursor: string | null } = (
        await get(url, { limit: '1', ...(cursor === null ? {} : { cursor }) })
      ).json()
      seen.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    t.ok(whole.length > 2)
    t.same(seen, whole)
  }
})

t.test('a tenant reads its own alone', async (t) => {
  t.same(await readItems('/api/audit-events', { entityId: id }, keys.other), [])
  t.same(await readItems('/api/activities', {}, keys.other), [])
})

t.test('what a list cannot take is refused by its field', async (t) => {
  const table: [url: string, query: Record<string, string>, field: string][] = [
    ['/api/audit-events', { limit: '201' }, 'limit'],
    ['/api/audit-events', { cursor: 'made up' }, 'cursor'],
    ['/api/audit-events', { action: 'a\u0000b' }, 'action'],
    ['/api/audit-events', { entityId: '' }, 'entityId'],
    ['/api/activities', { ticketId: 'no-uuid' }, 'ticketId'],
    ['/api/activities', { type: 'a b' }, 'type'],
  ]
  for (const [url, query, field] of table) {
    const { details } = matchProblem(t, await get(url, query), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path: `querystring.${field}` }])
  }
  matchProblem(t, await get('/api/audit-events', {}, await keyWith('read')), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await get('/api/activities', {}, await keyWith('send')), 403, 'INSUFFICIENT_SCOPE')
})
