import { newId } from '@carteiro/database/new-id'
import { readLastSeq } from '@carteiro/domain/events/read'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { anyEvent } from '@carteiro/domain/testing/any-event'
import { listen } from '@carteiro/runtime/http-server'
import { sql } from 'kysely'
import t from 'tap'
import { type Frame, readStream } from '../../testing/read-stream.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t, { env: { REALTIME_HEARTBEAT_SECONDS: '1' } })
const url = `${await listen(app, '127.0.0.1', 0)}/api/events`
const own = { 'x-api-key': keys.acme }
type T = Parameters<typeof readStream>[0]
const stream = (t: T, query = '', headers: object = {}) =>
  readStream(t, `${url}/stream${query}`, { ...own, ...headers })
const receive = (n: number) =>
  receiveMessage(domain, { tenantId: 'acme', phone: `+551195555100${n}`, text: `message ${n}` })
const write = (count: number) =>
  commit(domain, async (work) => {
    for (let n = 0; n < count; n++) work.record(anyEvent('acme'))
  })
const seqsOf = (frames: Frame[]) => frames.map(({ id }) => id)
const from = (start: number, count: number) => Array.from({ length: count }, (_, n) => start + n + 1)
const newest = () => readLastSeq(db, 'acme')
const page = async (query: string, key = keys.acme) => {
  const answer = await app.inject({ url: `/api/events${query}`, headers: { 'x-api-key': key } })
  return { status: answer.statusCode, body: answer.json() }
}

await receive(1)

t.test('a stream tells where it begins, and then each event with its number', async (t) => {
  const start = await newest()
  const { frames, until, events, response } = await stream(t)
  t.match(response, { statusCode: 200, headers: { 'content-type': /^text\/event-stream/ } })
  t.ok(response.headers['x-request-id'])
  const { ticketId } = await receive(1)
  await until(() => events().length === 2)
  t.match(frames[0], { event: 'ready', id: start, data: { seq: start } })
  t.match(events(), [
    {
      event: 'messages.new',
      id: start + 1,
      data: { seq: start + 1, prevSeq: start, ticketId, tenantId: 'acme' },
    },
    { event: 'ticket.message', id: start + 2, data: { prevSeq: start + 1, metadata: { broker: {} } } },
  ])
})

t.test('after Last-Event-ID comes what was missed, and then what is new', async (t) => {
  const start = await newest()
  await write(450)
  for (const open of [
    () => stream(t, '', { 'last-event-id': `${start}` }),
    () => stream(t, `?lastEventId=${start}`),
  ]) {
    const before = await newest()
    const { until, events } = await open()
    await write(2)
    await until(() => events().at(-1)?.id === before + 2)
    t.same(seqsOf(events()), from(start, before + 2 - start))
  }
})

t.test('a stream of some types, or of one ticket, tells no other', async (t) => {
  const { ticketId } = await receive(2)
  const start = await newest()
  const types = await stream(t, '?type=messages.new,tickets.new&type=ticket.updated')
  const ticket = await stream(t, `?ticketId=${ticketId}`)
  await receive(1)
  await receive(2)
  await types.until(() => types.events().length === 2)
  await ticket.until(() => ticket.events().length === 2)
  t.same(
    types.events().map(({ event }) => event),
    ['messages.new', 'messages.new'],
  )
  t.equal(types.events()[1]?.data.prevSeq, types.events()[0]?.id, 'the one before it on this stream')
  t.same(seqsOf(ticket.events()), [start + 3, start + 4])
})

t.test('heartbeats tell how far a stream has come, also when nothing of it was wanted', async (t) => {
  const { until, events } = await stream(t, '?type=contact.merged')
  await write(3)
  const last = await newest()
  await until((frames) => frames.some(({ event, id }) => event === 'heartbeat' && id === last))
  t.same(events(), [])
})

t.test('a stream that cannot be opened is answered with a code and a sentence', async (t) => {
  const ahead = String((await newest()) + 1)
  const refused: [string, object, number, string][] = [
    ['', { 'x-api-key': 'a wrong key of some length' }, 401, 'INVALID_API_KEY'],
    ['', { 'x-api-key': await keyWith('send') }, 403, 'INSUFFICIENT_SCOPE'],
    ['', { 'last-event-id': '-1' }, 400, 'VALIDATION_ERROR'],
    ['', { 'last-event-id': 'x' }, 400, 'VALIDATION_ERROR'],
    ['', { 'last-event-id': '9'.repeat(30) }, 400, 'VALIDATION_ERROR'],
    ['', { 'last-event-id': ahead }, 409, 'SEQ_NOT_REACHED'],
    ['?lastEventId=1e3', {}, 400, 'VALIDATION_ERROR'],
    ['?type=no.such.type', {}, 400, 'VALIDATION_ERROR'],
    ['?ticketId=x', {}, 400, 'VALIDATION_ERROR'],
    [`?ticketId=${newId()}`, {}, 404, 'NOT_FOUND'],
  ]
  for (const [query, headers, status, code] of refused) {
    const response = await fetch(`${url}/stream${query}`, { headers: { ...own, ...headers } })
    const name = `${query} ${JSON.stringify(headers)}`
    t.match(await response.json(), { error: { code, message: /\.$/ } }, name)
    t.equal(response.status, status, name)
  }
})

t.test('events are read by pages, and a filter leaves the pages whole', async (t) => {
  const start = await newest()
  await write(3)
  await receive(1)
  t.match(await page(`?after=${start}&limit=2`), {
    status: 200,
    body: {
      items: [{ seq: start + 1, prevSeq: start }, { seq: start + 2 }],
      nextAfter: start + 2,
      truncated: null,
    },
  })
  const filtered = await page(`?after=${start}&limit=200&type=messages.new`)
  t.match(filtered.body, { items: [{ type: 'messages.new', seq: start + 4 }], nextAfter: null })
  t.equal(filtered.body.items.length, 1)
  t.match(await page(`?after=${start + 5}`), { body: { items: [], nextAfter: null, truncated: null } })
  t.match(await page(`?after=${start + 6}`), { status: 409, body: { error: { code: 'SEQ_NOT_REACHED' } } })
  t.match(await page('?after=-1'), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } })
})

t.test('what retention has dropped is told as truncated, and what is kept comes after it', async (t) => {
  await write(5)
  const last = await newest()
  await sql`delete from event where tenant_id = 'acme' and seq <= ${last - 2}`.execute(db)
  const { until, events, frames } = await stream(t, '', { 'last-event-id': '3' })
  await until(() => events().length === 2)
  t.match(
    frames.find(({ event }) => event === 'replay.truncated'),
    { id: last - 2, data: { from: 4, to: last - 2 } },
  )
  t.same(seqsOf(events()), [last - 1, last])
  t.equal(events()[0]?.data.prevSeq, last - 2)
  t.match((await page('?after=3')).body, {
    truncated: { from: 4, to: last - 2 },
    items: [{ seq: last - 1 }, {}],
  })
  await sql`delete from event where tenant_id = 'acme'`.execute(db)
  const empty = await stream(t, '', { 'last-event-id': '3' })
  await empty.until((all) => all.some(({ event, id }) => event === 'replay.truncated' && id === last))
  t.match((await page('?after=3')).body, { truncated: { from: 4, to: last }, items: [] })
})
