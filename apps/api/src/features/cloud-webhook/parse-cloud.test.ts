import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import fc from 'fast-check'
import t from 'tap'
import { parseStorable } from '../../json/bounded-json.ts'
import { CLOUD_NUMBER, cloudBody, cloudChange, cloudText, readFixtures } from '../../testing/cloud-webhook.ts'
import { type FindNumber, numbersIn, parseCloud } from './parse-cloud.ts'

const receivedAt = new Date('2025-06-09T10:00:00.000Z')
const findNumber: FindNumber = (phoneNumberId) =>
  phoneNumberId === CLOUD_NUMBER ? { tenantId: 'acme', instanceId: 'acme-cloud' } : 'unknown_instance'
const parse = (body: unknown) => parseCloud(body, findNumber, { receivedAt, requestId: 'request-1' })

const SENDER = { from: '5511955550000', id: 'wamid.ONE', timestamp: '1749416383' }
const messages = readFixtures('messages')
const statuses = readFixtures('statuses')

t.test(
  'each change and each event is judged alone, and says where it stands and what is wrong',
  async (t) => {
    const text = (id: string) => cloudText({ id }).messages[0]
    const { from: _from, ...nobody } = text('wamid.NOBODY') ?? {}
    const parsed = parse(
      cloudBody(
        cloudChange(cloudText({ id: 'wamid.A' })),
        cloudChange(cloudText({ id: 'wamid.B' }), '999'),
        cloudChange(cloudText({ id: 'wamid.C' }), null),
        cloudChange({
          messages: [
            'no message',
            { ...text('wamid.D'), id: 'w'.repeat(257) },
            nobody,
            { ...text('wamid.E'), group_id: 'Y2Fw' },
            text('wamid.F'),
          ],
          statuses: [{ id: 'wamid.G', status: 'warming' }, statuses.sent],
          errors: [{ code: 130429, title: 'Rate limit hit', message: 'm'.repeat(5_000), secret: 'hidden' }],
        }),
      ),
    )
    t.same(
      parsed.envelopes.map((envelope) => 'providerMessageId' in envelope && envelope.providerMessageId),
      ['wamid.A', 'wamid.F', 'wamid.ONE'],
    )
    const at = (path: string) => `entry.0.changes.3.value.${path}`
    t.strictSame(parsed.rejected, [
      { path: 'entry.0.changes.1.value', reason: 'unknown_instance' },
      { path: 'entry.0.changes.2.value', reason: 'unknown_instance' },
      { path: at('messages.0'), reason: 'invalid_contract', instanceId: 'acme-cloud' },
      { path: at('messages.1'), reason: 'missing_id', instanceId: 'acme-cloud' },
      { path: at('messages.2'), reason: 'missing_phone', instanceId: 'acme-cloud' },
      { path: at('messages.3'), reason: 'missing_phone', instanceId: 'acme-cloud' },
      { path: at('statuses.0'), reason: 'unknown_status', instanceId: 'acme-cloud' },
      {
        details: { code: '130429', title: 'Rate limit hit', message: 'm'.repeat(300) },
        path: at('errors.0'),
        reason: 'provider_error',
        instanceId: 'acme-cloud',
      },
    ])
  },
)

t.test('what stands twice in one body is queued once; what Meta repeats has the same id', async (t) => {
  const change = cloudChange({ ...cloudText(), statuses: [statuses.sent, statuses.sent] })
  const once = parse(cloudBody(change))
  t.equal(once.envelopes.length, 2)
  t.same(
    parse(cloudBody(change, change)).envelopes.map(({ id }) => id),
    once.envelopes.map(({ id }) => id),
  )
  const later = parse(cloudBody(cloudChange({ statuses: [{ ...statuses.sent, status: 'read' }] })))
  t.not(later.envelopes[0]?.id, once.envelopes[1]?.id, 'another status of a message is another event')
})

t.test('a body with neither messages nor statuses tells nothing', async (t) => {
  const bodies = [
    null,
    [],
    'text',
    {},
    { entry: {} },
    cloudBody(),
    cloudBody(cloudChange({ errors: [{ code: 1 }] })),
  ]
  for (const body of bodies) t.match(parse(body), { envelopes: [], tellsAnything: false })
})

t.test('the numbers that a body names are read before anything else, each once', async (t) => {
  const body = cloudBody(cloudChange({}), cloudChange({}), cloudChange({}, '7'), cloudChange({}, 'x; drop'))
  t.same(numbersIn(body), [CLOUD_NUMBER, '7'])
  t.same(numbersIn({ entry: [{ changes: [null, { value: { metadata: 3 } }] }, 4] }), [])
})

const anything = fc.jsonValue({ maxDepth: 4 })
const raws = [...Object.values(messages), { type: 'reaction', reaction: { message_id: 'wamid.T' } }]

t.test('no JSON, wherever it stands, breaks the reading, and what is taken fits the contract', async (t) => {
  const value = fc.record({ contacts: anything, messages: anything, statuses: anything, errors: anything })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          value.map((each) => cloudBody(cloudChange(each))),
        ),
        (body) => {
          parse(body)
          numbersIn(body)
        },
      ),
    ),
  )
  const broken = fc
    .tuple(fc.constantFrom(...raws, ...Object.values(statuses)), fc.nat(), fc.string(), anything)
    .map(([raw, index, name, junk]) => {
      const names = Object.keys(raw)
      return { ...SENDER, ...raw, [names[index % names.length] ?? name]: junk, [name]: junk }
    })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(broken), anything, (events, contacts) => {
        const body = cloudBody(cloudChange({ contacts, messages: events, statuses: events }))
        for (const envelope of parse(JSON.parse(JSON.stringify(body))).envelopes) {
          BrokerInboundEventSchema.parse(envelope)
        }
      }),
    ),
  )
})

t.test(
  'JSON is read without what PostgreSQL refuses, and not at all when it is nested without end',
  async (t) => {
    t.strictSame(parseStorable('{"a\\u0000":["x\\ud800y\\u0000"],"b":1}'), { a: ['x\ufffdy'], b: 1 })
    t.equal(parseStorable('{'), undefined)
    t.equal(parseStorable(`${'['.repeat(60)}${']'.repeat(60)}`) === undefined, false)
    for (const depth of [70, 100_000]) {
      t.equal(parseStorable('['.repeat(depth) + ']'.repeat(depth)), undefined)
      t.equal(parseStorable(`${'{"a":'.repeat(depth)}"\\u0000"${'}'.repeat(depth)}`), undefined)
    }
  },
)
