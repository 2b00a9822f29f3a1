import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { MAX_EVENTS, parseWebhook } from './parse-webhook.ts'

const RULES = { rawFallback: true, ownMessages: false }

const event = (id: string, fields: object = {}) => ({
  id,
  type: 'MESSAGE_INBOUND',
  instanceId: 'acme-phone',
  payload: { contact: { phone: '+5511999999999' }, message: { conversation: 'Oi!' }, metadata: {} },
  ...fields,
})
const read = (body: Buffer) => {
  const parsed = parseWebhook(body, RULES)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}
const parse = (body: unknown) => read(Buffer.from(JSON.stringify(body)))
const message = (text: string) => {
  const [first] = read(Buffer.from(text)).events
  return first?.draft.body.kind === 'message' ? first.draft.body : undefined
}
const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)

t.test('a bad event never fails its neighbours, and says by its index what is wrong', async (t) => {
  const parsed = parse([
    event('1'),
    'nonsense',
    event('2', { payload: { contact: {}, message: 'Oi!', metadata: {} } }),
    event(''),
    event('4', { type: 'PRESENCE_UPDATE' }),
    null,
    event('6'),
  ])
  t.same(
    parsed.events.map(({ index }) => index),
    [0, 6],
  )
  t.same(parsed.ignored, [{ index: 4, type: 'PRESENCE_UPDATE', reason: 'unknown_event' }])
  t.match(parsed.rejected, [
    { index: 1, reason: 'invalid_contract' },
    { index: 2, reason: 'invalid_contract', details: [{ path: 'payload.message' }] },
    { index: 3, reason: 'missing_id', details: [{ path: 'id' }] },
    { index: 5, reason: 'invalid_contract' },
  ])
})

t.test('an event nested without end is refused, and its neighbours are taken', async (t) => {
  const deep = event('2', { payload: { contact: {}, message: nested(70), metadata: {} } })
  const parsed = parse([event('1'), deep, event('3')])
  t.same(
    parsed.events.map(({ index }) => index),
    [0, 2],
  )
  t.match(parsed.rejected, [{ index: 1, reason: 'invalid_contract' }])
  const levels = 1_000_000
  const deepest = `[${JSON.stringify(event('1'))},${'['.repeat(levels)}"\\u0000"${']'.repeat(levels)}]`
  t.match(read(Buffer.from(deepest)), { events: [{ index: 0 }], rejected: [{ index: 1 }] })
})

t.test('what is deep inside a text of JSON is refused, too', async (t) => {
  const raw = `${'{"raw":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const parsed = parse({ event: 'WHATSAPP_MESSAGES_UPSERT', instanceId: 'acme-phone', payload: { raw } })
  t.match(parsed, { events: [], ignored: [{ reason: 'invalid_entry' }] })
})

t.test('more events than memory should hold are refused as a whole', async (t) => {
  const bodyOf = (events: unknown[]) => Buffer.from(JSON.stringify(events))
  const many = Array.from({ length: MAX_EVENTS }, (_, n) => event(String(n)))
  t.equal(read(bodyOf(many)).events.length, MAX_EVENTS)
  t.equal(parseWebhook(bodyOf([...many, event('one more')]), RULES), 'too_many')
  const messages = Array.from({ length: MAX_EVENTS + 1 }, () => null)
  const upsert = { event: 'WHATSAPP_MESSAGES_UPSERT', payload: { messages } }
  t.equal(parseWebhook(bodyOf([upsert]), RULES), 'too_many', 'many messages of one event count each')
})

t.test('a text has a bound, and is never cut inside a character', async (t) => {
  const long = `${'x'.repeat(65_535)}\u{1f600}`
  const parsed = message(
    JSON.stringify(
      event('1', { payload: { contact: { phone: '+5511999999999' }, message: { text: long } } }),
    ),
  )
  const text = parsed?.message.text
  t.ok(typeof text === 'string' && text.length === 65_536 && text.isWellFormed())
  t.match(parse(event('x'.repeat(300))).rejected, [{ reason: 'missing_id' }], 'an id has one, too')
})

t.test('characters that PostgreSQL cannot keep are taken out, and the message is not lost', async (t) => {
  const text = 'a\u0000b\ud800c'
  const content = { conversation: text, 'k\u0000ey': [text] }
  const contact = { phone: '+5511999999999', pushName: text }
  t.match(message(JSON.stringify(event('1', { payload: { contact, message: content, metadata: {} } }))), {
    contact: { pushName: 'ab\ufffdc' },
    message: { conversation: 'ab\ufffdc', key: ['ab\ufffdc'], text: 'ab\ufffdc' },
  })
  const inner = {
    messages: [{ key: { remoteJid: '5511999999999@s.whatsapp.net', id: '1' }, message: content }],
  }
  const upsert = { event: 'WHATSAPP_MESSAGES_UPSERT', payload: { raw: JSON.stringify(inner) } }
  t.match(message(JSON.stringify(upsert)), { message: { text: 'ab\ufffdc' } }, 'nor inside a text of JSON')
})

t.test('emoji and text that only looks like an escape arrive as they were written', async (t) => {
  for (const written of ['"\\ud83d\\ude00"', '"\\\\u0000 and \\\\ud800"', '"\u{1f600}"']) {
    const body = JSON.stringify(event('1')).replace('"Oi!"', written)
    t.match(message(body), { message: { text: JSON.parse(written) } })
  }
})

t.test('a member called __proto__ is a member like any other', async (t) => {
  const body = JSON.stringify(event('1')).replace(
    '"metadata":{}',
    '"metadata":{"__proto__":{"polluted":true}}',
  )
  const parsed = message(body.replace('"phone"', '"__proto__":{"polluted":true},"phone"'))
  t.ok(parsed)
  t.notOk('polluted' in {})
  t.notOk('polluted' in (parsed?.contact ?? {}))
})

t.test('nothing to take is nothing wrong', async (t) => {
  const nothing = { events: [], ignored: [], rejected: [] }
  for (const body of [[], { events: [] }, { body: [] }, { body: { events: [] } }])
    t.same(parse(body), nothing)
})

t.test('what is not JSON is told apart from JSON that is no event', async (t) => {
  for (const text of ['', '{', 'Oi!', '{"a":1}}', '\u0000'])
    t.equal(parseWebhook(Buffer.from(text), RULES), 'not_json', text)
  for (const text of ['null', '7', '"Oi!"']) {
    t.match(read(Buffer.from(text)), { rejected: [{ index: 0, reason: 'invalid_contract' }] }, text)
  }
  t.match(
    read(Buffer.from(`\ufeff${JSON.stringify(event('1'))}`)),
    { events: [{ index: 0 }] },
    'a BOM is no fault',
  )
})

t.test('bytes that are no UTF-8 do not lose the message', async (t) => {
  const [before, after] = JSON.stringify(event('1')).split('Oi!')
  const body = Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff, 0xfe]), Buffer.from(after ?? '')])
  t.match(read(body).events, [{ draft: { body: { message: { text: '\ufffd\ufffd' } } } }])
})

t.test('an instance is named at any of its places, the tenant beside it', async (t) => {
  const { instanceId: _, ...nameless } = event('1')
  const { payload } = nameless
  for (const name of ['instanceId', 'iid', 'brokerId', 'sessionId']) {
    const named = { [name]: 'phone', tenantId: 'acme' }
    for (const body of [
      { ...nameless, ...named },
      { ...nameless, payload: { ...payload, ...named } },
      { ...nameless, payload: { ...payload, metadata: named } },
    ]) {
      t.match(parse(body).events, [{ instanceNames: ['phone'], tenantIds: ['acme'] }], JSON.stringify(body))
    }
    const broker = { ...nameless, payload: { ...payload, metadata: { broker: { [name]: 'phone' } } } }
    t.match(parse(broker).events, [{ instanceNames: ['phone'], tenantIds: [] }])
  }
  t.match(parse({ ...event('1'), iid: 'alias' }).events, [{ instanceNames: ['acme-phone', 'alias'] }])
})

t.test('every event of any JSON is accounted for, once', async (t) => {
  const good = fc.uuid().map((id) => event(id))
  const bodies = fc.array(fc.oneof(fc.jsonValue(), good))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(bodies, (body) => {
        const parsed = parse(body)
        const seen = [...parsed.events, ...parsed.ignored, ...parsed.rejected]
        const indexes = seen.map(({ index }) => index).sort((a, b) => a - b)
        assert.deepEqual(indexes, [...body.keys()])
      }),
    ),
  )
})
