import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseWebhook } from './parse-webhook.ts'

const event = (id: string, fields: object = {}) => ({
  id,
  type: 'MESSAGE_INBOUND',
  instanceId: 'acme-phone',
  payload: { contact: { phone: '+5511999999999' }, message: { conversation: 'Oi!' }, metadata: {} },
  ...fields,
})
const parse = (body: unknown) => parseWebhook(Buffer.from(JSON.stringify(body)))

t.test('one event, an array and {events} are read alike, in their order', async (t) => {
  const events = [event('1'), event('2')]
  const ids = (body: unknown) => parse(body)?.events.map(({ index, event: { id } }) => [index, id])
  t.same(ids(event('1')), [[0, '1']])
  for (const body of [events, { events }]) {
    t.same(ids(body), [
      [0, '1'],
      [1, '2'],
    ])
  }
})

t.test('the type is read as brokers spell it, as type or event', async (t) => {
  for (const name of ['MESSAGE_INBOUND', 'message.inbound', 'message-inbound', 'Message Inbound']) {
    t.match(parse(event('1', { type: name })), { events: [{ event: { type: 'MESSAGE_INBOUND' } }] }, name)
    t.match(parse(event('1', { type: undefined, event: name })), { events: [{ index: 0 }] }, `event: ${name}`)
  }
})

t.test('a bad event never fails its neighbours, and says by its index what is wrong', async (t) => {
  const parsed = parse([
    event('1'),
    'nonsense',
    event('2', { payload: { contact: {}, message: 'Oi!', metadata: {} } }),
    event('', {}),
    event('4', { type: 'PRESENCE_UPDATE' }),
    null,
    event('6'),
  ])
  t.same(
    parsed?.events.map(({ index }) => index),
    [0, 6],
  )
  t.same(parsed?.ignored, [{ index: 4, type: 'PRESENCE_UPDATE' }])
  t.match(parsed?.rejected, [
    { index: 1, reason: 'invalid_contract' },
    { index: 2, reason: 'invalid_contract', details: [{ path: 'payload.message' }] },
    { index: 3, reason: 'missing_id', details: [{ path: 'id' }] },
    { index: 5, reason: 'invalid_contract' },
  ])
})

t.test('a message without an id is not taken: a made-up one would break deduplication', async (t) => {
  const { id: _, ...withoutId } = event('1')
  const parsed = parse(withoutId)
  t.same(parsed?.events, [])
  t.match(parsed?.rejected, [{ index: 0, reason: 'missing_id' }])
})

t.test('members that a contact may lack, or that a broker adds, do not matter', async (t) => {
  const contact = { phone: null, name: null, registrations: null, avatarUrl: null, level: 'gold' }
  const parsed = parse(event('1', { payload: { contact, message: {}, metadata: {} } }))
  t.match(parsed?.events, [{ event: { payload: { contact } } }])
})

t.test('characters that PostgreSQL cannot keep are taken out, and the message is not lost', async (t) => {
  const text = 'a\u0000b\ud800c'
  const message = { conversation: text, 'k\u0000ey': [text] }
  const parsed = parse(event('1', { payload: { contact: { pushName: text }, message, metadata: {} } }))
  t.match(parsed?.events, [
    {
      event: {
        payload: {
          contact: { pushName: 'ab\ufffdc' },
          message: { conversation: 'ab\ufffdc', key: ['ab\ufffdc'] },
        },
      },
    },
  ])
  t.match(
    parse(event('1', { payload: { contact: {}, message: { conversation: '\\u0000' }, metadata: {} } })),
    {
      events: [{ event: { payload: { message: { conversation: '\\u0000' } } } }],
    },
  )
})

t.test('emoji and text that only looks like an escape arrive as they were written', async (t) => {
  for (const written of ['"\\ud83d\\ude00"', '"\\\\u0000 and \\\\ud800"', '"\u{1f600}"']) {
    const body = JSON.stringify(event('1')).replace('"Oi!"', written)
    const [first] = parseWebhook(Buffer.from(body))?.events ?? []
    t.match(first, { event: { payload: { message: { conversation: JSON.parse(written) } } } })
  }
})

t.test('nothing to take is nothing wrong', async (t) => {
  const nothing = { events: [], ignored: [], rejected: [] }
  t.same(parse([]), nothing)
  t.same(parse({ events: [] }), nothing)
})

t.test('what is not JSON is told apart from JSON that is no event', async (t) => {
  for (const text of ['', '{', 'Oi!', '{"a":1}}', '\u0000'])
    t.equal(parseWebhook(Buffer.from(text)), undefined, text)
  for (const text of ['null', '7', '"Oi!"']) {
    t.match(parseWebhook(Buffer.from(text)), { rejected: [{ index: 0, reason: 'invalid_contract' }] }, text)
  }
})

t.test('every event of any JSON is accounted for, once', async (t) => {
  const good = fc.uuid().map((id) => event(id))
  const bodies = fc.array(fc.oneof(fc.jsonValue(), good))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(bodies, (body) => {
        const parsed = parse(body)
        const seen = [...(parsed?.events ?? []), ...(parsed?.ignored ?? []), ...(parsed?.rejected ?? [])]
        const indexes = seen.map(({ index }) => index).sort((a, b) => a - b)
        assert.deepEqual(indexes, [...body.keys()])
      }),
    ),
  )
})
