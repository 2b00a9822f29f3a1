import assert from 'node:assert/strict'
import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import fc from 'fast-check'
import t from 'tap'
import { isObject, type JsonObject } from '../../json/json-value.ts'
import { readWebhook } from '../../testing/read-webhook.ts'

const KEY = { remoteJid: '5511988887777@s.whatsapp.net', fromMe: false, id: 'M1' }
const upsertOf = (message: object) => ({
  event: 'WHATSAPP_MESSAGES_UPSERT',
  instanceId: 'acme-phone',
  payload: {
    type: 'notify',
    messages: [{ key: KEY, message, messageTimestamp: 1714655100, pushName: 'Ana' }],
  },
})

/** One body of each kind that has much to walk. */
const BODIES = [
  upsertOf({
    imageMessage: {
      caption: 'a',
      fileLength: 7,
      contextInfo: { stanzaId: 'Q', quotedMessage: { conversation: 'q' } },
    },
  }),
  upsertOf({
    pollCreationMessage: { name: 'p', options: [{ optionName: 'o' }] },
    messageContextInfo: { messageSecret: 'AQID' },
  }),
  upsertOf({
    pollUpdateMessage: { pollCreationMessageKey: { id: 'P' }, vote: { encPayload: 'AQID', encIv: 'AQID' } },
  }),
  upsertOf({ protocolMessage: { type: 14, key: { id: 'T' }, editedMessage: { conversation: 'e' } } }),
  upsertOf({ reactionMessage: { key: { id: 'T' }, text: 'r' } }),
  upsertOf({ contactsArrayMessage: { contacts: [{ displayName: 'c', vcard: 'TEL:+5511988887777' }] } }),
  upsertOf({ interactiveResponseMessage: { nativeFlowResponseMessage: { paramsJson: '{}' } } }),
  upsertOf({ templateMessage: { hydratedTemplate: { hydratedContentText: 't' } } }),
  {
    id: 'E',
    type: 'MESSAGE_INBOUND',
    instanceId: 'acme-phone',
    timestamp: 1714655100,
    payload: {
      contact: { phone: '+5511988887777', name: 'Ana', registrations: ['a'], remoteJid: KEY.remoteJid },
      message: { id: 'M', chatId: KEY.remoteJid, type: 'image', media: { fileLength: 1 }, imageMessage: {} },
      metadata: { rawKey: KEY, broker: { owner: 'o' }, contact: { participantJid: 'p' } },
    },
  },
  {
    event: 'WHATSAPP_MESSAGES_UPDATE',
    instanceId: 'acme-phone',
    payload: {
      raw: {
        updates: [{ key: { ...KEY, fromMe: true }, update: { status: 0, messageStubParameters: ['1'] } }],
      },
    },
  },
  {
    event: 'POLL_CHOICE',
    id: 'E',
    payload: { pollId: 'P', voterJid: KEY.remoteJid, selectedOptions: ['a'], options: [{ id: 1 }] },
  },
  { event: 'CONTACT_UPDATED', id: 'E', payload: { jid: KEY.remoteJid, name: 'a' } },
  { event: 'GROUP_UPDATED', id: 'E', payload: { jid: '1@g.us', subject: 's' } },
  { event: 'CALL_RECEIVED', id: 'E', payload: { from: KEY.remoteJid } },
  { event: 'INSTANCE_CONNECTION', id: 'E', payload: { status: 'connected', connected: true, phone: 'p' } },
  { event: 'MESSAGE_UNDECRYPTABLE', id: 'E', payload: { key: KEY, reason: 'r' } },
]

/** The ways to every value inside. */
function pathsIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, [...path, name]))]
}

function replaced(value: unknown, [name, ...rest]: string[], by: unknown): unknown {
  if (name === undefined) return by
  if (Array.isArray(value))
    return value.map((item, at) => (String(at) === name ? replaced(item, rest, by) : item))
  return isObject(value) ? { ...value, [name]: replaced(value[name], rest, by) } : value
}

const POSITIONS = BODIES.flatMap((body) => pathsIn(body).map((path) => ({ body, path })))
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('', 'x'.repeat(100_000), -1, 1e308, { low: 1, high: 2 }, { 0: 256 }, [], [[]], {
    type: 'Buffer',
    data: {},
  }),
  fc.constantFrom<unknown>(
    'status@broadcast',
    '1@g.us',
    '98765432101234@lid',
    '__proto__',
    'constructor',
    'toString',
  ),
)

t.test('any JSON in any position of any shape is judged, and what is taken keeps our contract', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.constantFrom(...POSITIONS), strange, ({ body, path }, value) => {
        const { envelopes, ignored, rejected } = readWebhook([replaced(body, path, value)])
        assert.ok(!rejected.includes('refused by our own contract'), JSON.stringify(rejected))
        assert.ok(envelopes.length + ignored.length + rejected.length > 0, 'nothing disappears')
        for (const envelope of envelopes) BrokerInboundEventSchema.parse(envelope)
      }),
      { numRuns: 3_000 },
    ),
  )
})

const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'deviceSentMessage',
  'groupMentionedMessage',
  'lottieStickerMessage',
  'associatedChildMessage',
  'botInvokeMessage',
]
const text = fc.string({ minLength: 1 }).filter((value) => value.trim() !== '' && !value.includes('\0'))
const context = fc.record({
  stanzaId: fc.uuid(),
  quotedMessage: fc.record({ conversation: text }),
})
const content: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ conversation: text }),
  fc.record({ extendedTextMessage: fc.record({ text, contextInfo: context }) }),
  fc.record({
    imageMessage: fc.record({ caption: text, fileLength: fc.nat(), mimetype: fc.constant('image/png') }),
  }),
  fc.record({ audioMessage: fc.record({ ptt: fc.boolean(), seconds: fc.nat() }) }),
  fc.record({ locationMessage: fc.record({ degreesLatitude: fc.nat(90), name: text }) }),
  fc.record({
    pollCreationMessageV3: fc.record({ name: text, options: fc.array(fc.record({ optionName: text })) }),
  }),
  fc.record({ listResponseMessage: fc.record({ title: text }) }),
  fc.record({ reactionMessage: fc.record({ key: fc.constant({ id: 'T1' }), text }) }),
  fc.record({ protocolMessage: fc.constant({ type: 0, key: { id: 'T1' } }) }),
)
const nesting = fc.array(fc.constantFrom(...WRAPPERS), { maxLength: 8 })
const bookkeeping = fc.constantFrom<JsonObject>(
  {},
  { senderKeyDistributionMessage: {} },
  { messageContextInfo: {} },
)

t.test('a message is the same in whatever wrappers it comes', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(content, nesting, bookkeeping, (message, wrappers, beside) => {
        const wrapped = wrappers.reduce<JsonObject>(
          (inner, name) => ({ ...beside, [name]: { message: inner } }),
          message,
        )
        assert.deepEqual(readWebhook(upsertOf(wrapped)), readWebhook(upsertOf(message)))
      }),
    ),
  )
})
