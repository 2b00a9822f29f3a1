import { readFileSync } from 'node:fs'
import { BrokerInboundEventSchema, type Envelope } from '@carteiro/contracts/envelope'
import t from 'tap'
import { isObject } from '../../json/json-value.ts'
import { readWebhook } from '../../testing/read-webhook.ts'
import type { ParseRules } from './parse-webhook.ts'

interface Case {
  name: string
  body: unknown
  rules?: Partial<ParseRules>
  /** Each with the members that the case is about. */
  envelopes: Partial<Envelope>[]
  ignored: string[]
  rejected: string[]
}

const fixture = (file: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${file}.json`, import.meta.url), 'utf8'))

/** The members of `actual` that `like` has, at every depth of objects. */
function membersLike(actual: unknown, like: unknown): unknown {
  if (!isObject(actual) || !isObject(like)) return actual
  return Object.fromEntries(Object.keys(like).map((name) => [name, membersLike(actual[name], like[name])]))
}

const FILES = [
  'contract',
  'contract-members',
  'raw-upsert',
  'raw-addresses',
  'raw-acts',
  'status',
  'other-events',
]

for (const file of FILES) {
  t.test(`every shape of ${file}.json becomes what is written beside it`, async (t) => {
    for (const { name, body, rules, envelopes, ignored, rejected } of fixture(file) as Case[]) {
      const read = readWebhook(body, rules)
      t.same([read.ignored, read.rejected], [ignored, rejected], name)
      t.same(
        read.envelopes.map((envelope, at) => membersLike(envelope, envelopes[at])),
        envelopes,
        name,
      )
      for (const envelope of read.envelopes) t.same(BrokerInboundEventSchema.parse(envelope), envelope, name)
    }
  })
}

interface ContentCase {
  name: string
  content: Record<string, unknown>
  message: Record<string, unknown>
}

const KEY = { remoteJid: '5511988887777@s.whatsapp.net', fromMe: false, id: 'M1' }
const upsertOf = (message: object) => ({
  event: 'WHATSAPP_MESSAGES_UPSERT',
  instanceId: 'acme-phone',
  payload: { type: 'notify', messages: [{ key: KEY, message, messageTimestamp: 1714655100 }] },
})
const contractOf = (message: object) => ({
  id: 'M1',
  type: 'MESSAGE_INBOUND',
  instanceId: 'acme-phone',
  timestamp: 1714655100,
  payload: {
    contact: { phone: '+5511988887777' },
    message: { ...message, id: 'M1', chatId: KEY.remoteJid },
    metadata: { rawKey: KEY },
  },
})

function messageOf(body: unknown) {
  const [envelope] = readWebhook(body).envelopes
  if (envelope?.kind !== 'message') throw new Error('not a message')
  return envelope
}

t.test('every content is read alike, by raw upsert and by contract event', async (t) => {
  for (const { name, content, message } of fixture('content') as ContentCase[]) {
    const raw = messageOf(upsertOf(content))
    t.same(membersLike(raw.message, message), message, name)
    if (!('text' in message)) t.notOk('text' in raw.message, `${name} has no text`)
    const contract = messageOf(contractOf(content))
    t.same(membersLike(contract.message, message), message, `${name}, as a contract event`)
    t.equal(contract.id, raw.id, `${name} is one message by either way`)
    t.same([contract.chatKey, contract.timestamp], [raw.chatKey, raw.timestamp], name)
    const { [Object.keys(content)[0] ?? '']: _, ...normalised } = raw.message
    t.same(membersLike(contract.message, normalised), normalised, `${name} has every member by either way`)
  }
})
