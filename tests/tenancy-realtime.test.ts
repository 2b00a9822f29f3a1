import { EVENT_PAYLOADS, type EventType } from '@carteiro/contracts/event'
import { ROOM_KINDS, type RoomKind } from '@carteiro/contracts/realtime'
import { appendEvents } from '@carteiro/domain/events/append'
import type { NewEvent } from '@carteiro/domain/events/new-event'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { startRealtime } from '../apps/api/src/features/realtime/start.ts'
import { connectSocket, openSocket, refusalOf } from '../apps/api/src/testing/connect-socket.ts'
import { readStream } from '../apps/api/src/testing/read-stream.ts'
import { receiveMessage } from '../apps/api/src/testing/receive-message.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'

const { app, db, dependencies, domain, keys } = await startApi(t)
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)

const TYPES = Object.keys(EVENT_PAYLOADS) as EventType[]
const SECRET = 'only for acme'
const phone = '+5511955550777'
const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: SECRET })
const own = await receiveMessage(domain, { tenantId: 'other', phone, text: 'of other' })

/** What is acme's, by the room that would tell it. */
const ROOMS: Record<RoomKind, string> = {
  tenant: 'acme',
  ticket: ticketId,
  instance: 'acme-phone',
  user: 'somebody of acme',
}
/** Other's own: the first three have acme's event of the same name beside them. */
const OWN_ROOMS = ['tenant:other', `ticket:${own.ticketId}`, 'instance:other-phone', `user:${ROOMS.user}`]

/** One event of each type there is, told in every room of the tenant. */
const tellAll = (tenantId: 'acme' | 'other', text: string) =>
  db.transaction().execute((transaction) =>
    appendEvents(
      transaction,
      TYPES.map((type) => {
        const event = { tenantId, type, payload: { text }, userId: ROOMS.user }
        const rooms =
          tenantId === 'acme'
            ? { ticketId, instanceId: 'acme-phone' }
            : { ticketId: own.ticketId, instanceId: 'other-phone' }
        return { ...event, ...rooms } as unknown as NewEvent
      }),
    ),
  )

t.test(
  'no room of acme\u2019s opens for another tenant\u2019s key, by a command or by the handshake',
  async (t) => {
    const { ask } = await connectSocket(t, url, { auth: { token: keys.other } })
    for (const kind of ROOM_KINDS) {
      const room = `${kind}:${ROOMS[kind]}`
      const answers = [
        await ask(`join-${kind}`, ROOMS[kind]),
        await ask(`join-${kind}`, { [`${kind}Id`]: ROOMS[kind] }),
      ]
      // A user's room is the asker's own: the same name in another tenant is another person.
      if (kind === 'user') continue
      for (const answer of answers) {
        t.match(answer, { ok: false, error: { code: /MISMATCH|NOT_FOUND/ } }, room)
        t.notMatch(JSON.stringify(answer), new RegExp(SECRET))
      }
      const refused = await refusalOf(openSocket(t, url, { auth: { token: keys.other, rooms: [room] } }))
      t.match(refused.data, { error: { code: /MISMATCH|NOT_FOUND/ } }, room)
    }
  },
)

t.test(
  'events of every type reach acme\u2019s sockets and streams, and none of another tenant\u2019s',
  async (t) => {
    const rooms = ROOM_KINDS.map((kind) => `${kind}:${ROOMS[kind]}`)
    const ours = await connectSocket(t, url, { auth: { token: keys.acme, rooms } })
    const theirs = await connectSocket(t, url, { auth: { token: keys.other, rooms: OWN_ROOMS, lastSeq: 0 } })
    const theirStream = await readStream(t, `${url}/api/events/stream?lastEventId=0`, {
      'x-api-key': keys.other,
    })
    const count = (heard: Record<string, unknown>[], text: string) =>
      heard.filter((event) => event.text === text).length
    await tellAll('acme', SECRET)
    await ours.until((heard) => count(heard, SECRET) === TYPES.length)
    await tellAll('other', 'of other')
    await theirs.until((heard) => count(heard, 'of other') === TYPES.length)
    await theirStream.until(
      (frames) =>
        count(
          frames.map(({ data }) => data),
          'of other',
        ) === TYPES.length,
    )
    t.same(ours.heard.map(({ type }) => type).sort(), TYPES.toSorted(), 'each once')
    for (const told of [theirs.heard, theirStream.frames]) {
      const text = JSON.stringify(told)
      for (const secret of [SECRET, ticketId, 'acme']) t.notMatch(text, new RegExp(secret))
    }
  },
)

t.test('typing in acme\u2019s ticket is heard by acme alone', async (t) => {
  const room = [`ticket:${ticketId}`]
  const typist = await connectSocket(t, url, { auth: { token: keys.acme, rooms: room } })
  const colleague = await connectSocket(t, url, { auth: { token: keys.acme, rooms: room } })
  const theirs = await connectSocket(t, url, { auth: { token: keys.other, rooms: OWN_ROOMS } })
  t.match(await theirs.ask('ticket:typing', { ticketId, typing: true }), {
    ok: false,
    error: { code: 'NOT_FOUND' },
  })
  t.match(await typist.ask('ticket:typing', { ticketId, typing: true }), { ok: true })
  await colleague.until((heard) => heard.length === 1)
  t.match(await theirs.ask('leave-tenant'), { ok: true })
  t.same(theirs.heard, [])
})
