import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessages } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { endSnoozes, readNotification, snoozeNotification } from './act-on-notification.ts'
import { notifyOfEvents } from './follow-log.ts'
import { listNotifications } from './list-notifications.ts'
import { notifyOfDisconnected } from './notify-of-disconnected.ts'
import { purgeNotifications } from './purge-notifications.ts'

const domain = await startDomain(t)
const { db } = domain

const list = async (filter: { unread?: boolean; snoozed?: boolean } = {}) =>
  (await listNotifications(db, { ...filter, tenantId: 'acme', limit: 100 })).items
const toldOf = async (id: string) =>
  (await db.selectFrom('event').select(['type', 'payload']).orderBy('seq').execute()).filter(({ payload }) =>
    JSON.stringify(payload).includes(id),
  )
const lookThrough = async () => {
  while (await notifyOfEvents(domain));
}
const receive = (...phones: string[]) =>
  commit(domain, (work) =>
    saveMessages(
      work,
      phones.map((phone) => messageEnvelope({ phone })),
    ),
  )

t.beforeEach(async () => {
  await lookThrough()
  await db.deleteFrom('notification').execute()
})

t.test('whatever many workers look, and however often, one is told once', async (t) => {
  await receive('+5511955551001', '+5511955551002', '+5511955551003')
  await receive('+5511955551001')
  await Promise.all(Array.from({ length: 5 }, lookThrough))
  await lookThrough()
  const items = await list()
  t.equal(items.length, 3)
  for (const { id } of items) {
    t.match(await toldOf(id), [{ type: 'notification.new', payload: { notification: { id } } }])
  }
  await db.updateTable('notification_cursor').set({ seq: 0 }).execute()
  await lookThrough()
  t.same(await list(), items, 'nor when a log is looked through again')
})

t.test('while one is unread, its like says nothing new', async (t) => {
  const gap = { instanceId: 'acme-phone', from: null, to: null, expected: 3, seen: 1 }
  const lose = () =>
    commit(domain, async (work) =>
      work.record({
        tenantId: 'acme',
        type: 'whatsapp.instance.gap',
        instanceId: 'acme-phone',
        payload: gap,
      }),
    )
  await lose()
  await lose()
  await lookThrough()
  const [one, ...others] = await list()
  t.same(others, [])
  await readNotification(domain, { tenantId: 'acme', id: one?.id ?? '' })
  await lose()
  await lookThrough()
  t.equal((await list({ unread: true })).length, 1)
  t.equal((await list()).length, 2)
})

t.test('who lost its phone is told of when it stays away, once for each loss', async (t) => {
  const loseAt = (ago: string, reason: string) =>
    db
      .updateTable('instance')
      .set({
        ...{ status: 'disconnected', connected: false, phone: '+5511955550000', reason },
        status_at: sql<Date>`now() - ${ago}::interval`,
      })
      .where('id', '=', 'acme-phone')
      .execute()
  await loseAt('10 s', 'connection_lost')
  await notifyOfDisconnected(domain)
  t.same(await list(), [])
  for (const reason of ['disconnected_on_request', 'logged_out_on_request']) {
    await loseAt('2 minutes', reason)
    await notifyOfDisconnected(domain)
  }
  t.same(await list(), [], 'nor who was told to')
  await loseAt('2 minutes', 'banned')
  await notifyOfDisconnected(domain)
  await notifyOfDisconnected(domain)
  const [one, ...others] = await list()
  t.match(one, { type: 'instance_disconnected', instanceId: 'acme-phone', body: /banned/ })
  t.same(others, [])
  await readNotification(domain, { tenantId: 'acme', id: one?.id ?? '' })
  await notifyOfDisconnected(domain)
  t.equal((await list()).length, 1, 'what was read is not told again')
  await db.updateTable('notification').set({ created_at: sql<Date>`now() - interval '1 hour'` }).execute()
  await loseAt('90 s', 'replaced')
  await notifyOfDisconnected(domain)
  t.equal((await list()).length, 2, 'another loss is')
})

t.test('what is snoozed is hidden until then, and everybody is told when it is back', async (t) => {
  await receive('+5511955551004')
  await lookThrough()
  const [{ id } = { id: '' }] = await list()
  await snoozeNotification(domain, { tenantId: 'acme', id, until: new Date(Date.now() + 60_000) })
  t.same(await list(), [])
  t.match(await list({ snoozed: true }), [{ id }])
  t.equal(await endSnoozes(domain), 0)
  await db.updateTable('notification').set({ snoozed_until: sql<Date>`now()` }).execute()
  t.equal(await endSnoozes(domain), 1)
  t.match(await list(), [{ id, snoozedUntil: null }])
  t.match(
    (await toldOf(id)).map(({ type }) => type),
    ['notification.new', 'notification.updated', 'notification.updated'],
  )
})

t.test('what was read long ago goes, and what nobody read stays', async (t) => {
  await receive('+5511955551005', '+5511955551006')
  await lookThrough()
  const [one, other] = await list()
  await readNotification(domain, { tenantId: 'acme', id: one?.id ?? '' })
  t.equal(await purgeNotifications(db, { days: 1 }), 0)
  await db.updateTable('notification').set({ created_at: '2020-01-01T00:00:00Z' }).execute()
  await db
    .updateTable('notification')
    .set({ read_at: '2020-01-01T00:00:00Z' })
    .where('read_at', 'is not', null)
    .execute()
  t.equal(await purgeNotifications(db, { days: 1 }), 1)
  t.match(await list(), [{ id: other?.id }])
})
