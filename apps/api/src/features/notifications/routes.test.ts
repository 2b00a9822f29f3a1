import { newId } from '@carteiro/database/new-id'
import { notifyOfEvents } from '@carteiro/domain/notifications/follow-log'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, domain, keys, keyWith } = await startApi(t)

const call = (method: 'GET' | 'POST', path = '', payload?: object, key: string = keys.acme) =>
  app.inject({
    method,
    url: `/api/notifications${path}`,
    headers: { 'x-api-key': key },
    ...(payload ? { payload } : {}),
  })

for (const n of [1, 2, 3]) {
  await receiveMessage(domain, { tenantId: 'acme', phone: `+551195555000${n}`, text: `Oi ${n}!` })
}
await notifyOfEvents(domain)
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()

t.test('notifications are listed, the newest first, page by page', async (t) => {
  const all = (await call('GET')).json().items
  t.match(all, [{ body: 'Oi 3!' }, { body: 'Oi 2!' }, { type: 'ticket_unassigned', readAt: null }])
  const first = (await call('GET', '?limit=2')).json()
  const second = (await call('GET', `?limit=2&cursor=${first.nextCursor}`)).json()
  t.same([...first.items, ...second.items], all)
  t.equal(second.nextCursor, null)
})

t.test('one is read, snoozed and shown again', async (t) => {
  const [{ id }] = (await call('GET')).json().items
  const until = inMinutes(10)
  t.match((await call('POST', `/${id}/snooze`, { until })).json(), { id, snoozedUntil: until })
  t.notMatch((await call('GET')).body, id)
  t.match((await call('GET', '?snoozed=true')).json().items, [{ id }])
  t.match((await call('POST', `/${id}/unsnooze`)).json(), { id, snoozedUntil: null })
  const read = (await call('POST', `/${id}/read`)).json()
  t.match(read, { id, readAt: /^20/ })
  t.same((await call('POST', `/${id}/read`)).json(), read, 'read once')
  t.notMatch((await call('GET', '?unread=true')).body, id)
  t.match((await call('GET', '?unread=false')).json().items, [{ id }])
})

t.test('what cannot be is refused with its path', async (t) => {
  const [{ id }] = (await call('GET')).json().items
  for (const until of [inMinutes(-1), inMinutes(60 * 24 * 400), 'tomorrow', undefined]) {
    const answer = await call('POST', `/${id}/snooze`, { until })
    t.match(matchProblem(t, answer, 400, 'VALIDATION_ERROR').details, [{ path: 'body.until' }])
  }
  for (const act of ['read', 'unsnooze']) {
    matchProblem(t, await call('POST', `/${newId()}/${act}`), 404, 'NOTIFICATION_NOT_FOUND')
    matchProblem(t, await call('POST', `/${id}/${act}`, undefined, keys.other), 404, 'NOTIFICATION_NOT_FOUND')
  }
  t.same((await call('GET', '', undefined, keys.other)).json().items, [])
  matchProblem(t, await call('GET', '?cursor=x'), 400, 'VALIDATION_ERROR')
  matchProblem(t, await call('GET', '', undefined, await keyWith('webhook')), 403, 'INSUFFICIENT_SCOPE')
})
