import { TemplateDefinition as Definition, type TemplateDefinition } from '@carteiro/contracts/template'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { deleteTemplate, putTemplate } from '../templates/put-template.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import {
  type Envelope,
  queueAudio,
  queueContact,
  queueContrato,
  queueDocument,
  queueImage,
  queueLocation,
  queuePoll,
  queueProposta,
  queueReaction,
  queueSticker,
  queueTemplate,
  queueText,
  queueVideo,
} from './queue-intents.ts'
import { type QueueMessageResult, queueMessage } from './queue-message.ts'

const domain = await startDomain(t)
const URL_ = 'https://files.example/a'
const PHONE = '+5511911110000'

function envelope(fields: Partial<Envelope> = {}): Envelope {
  const { intent: _, ...request } = outboundRequest()
  return { ...request, instanceId: 'acme-phone', ...fields }
}

const idOf = (result: QueueMessageResult): string => {
  if (result.status === 'queued' || result.status === 'repeated') return result.id
  throw new Error(`not queued: ${JSON.stringify(result)}`)
}

async function stored(result: QueueMessageResult) {
  const row = await domain.db
    .selectFrom('delivery')
    .innerJoin('message', 'message.id', 'delivery.id')
    .select(['delivery.intent', 'delivery.payload', 'message.type', 'message.text'])
    .where('delivery.id', '=', idOf(result))
    .executeTakeFirstOrThrow()
  return row
}

const countDeliveries = async () => (await domain.db.selectFrom('delivery').select('id').execute()).length

const define = (fields: object): TemplateDefinition => Definition.parse(fields)
const put = (language: string, body: string, instance = {}) =>
  putTemplate(domain, {
    ...{ tenantId: 'acme', code: 'welcome', language, actor: 'test' },
    definition: define({ body, variables: [{ name: 'name', type: 'text' }], ...instance }),
  })

t.afterEach(async () => void (await sql`delete from template`.execute(domain.db)))

t.test('each kind of message is queued by its own function, as it was given', async (t) => {
  const of = envelope()
  const queued: [result: QueueMessageResult, intent: string, text: string][] = [
    [await queueText(domain, of, { text: 'Olá' }), 'text', 'Olá'],
    [await queueDocument(domain, of, { mediaUrl: URL_, fileName: 'a.pdf' }), 'document', 'a.pdf'],
    [await queueImage(domain, of, { mediaUrl: URL_, caption: 'A picture' }), 'image', 'A picture'],
    [await queueVideo(domain, of, { mediaUrl: URL_ }), 'video', 'video'],
    [await queueAudio(domain, of, { media: { base64: 'aGk=' }, ptt: true }), 'audio', 'audio'],
    [await queueSticker(domain, of, { mediaUrl: URL_ }), 'sticker', 'sticker'],
    [await queueLocation(domain, of, { latitude: 1, longitude: 2 }), 'location', '1, 2'],
    [await queueContact(domain, of, { fullName: 'Ana', phones: [PHONE] }), 'contact', 'Ana'],
    [await queuePoll(domain, of, { question: 'When?', options: ['a', 'b'] }), 'poll', 'When?'],
    [
      await queueProposta(domain, of, { proposalId: '1', title: 'Proposal', link: URL_ }),
      'proposta',
      'Proposal',
    ],
    [
      await queueContrato(domain, of, { contractId: '1', title: 'Contract', link: URL_ }),
      'contrato',
      'Contract',
    ],
  ]
  for (const [result, intent, text] of queued) {
    t.match(await stored(result), { intent, type: intent, text, payload: { intent } })
  }
})

t.test('content that breaks a limit queues nothing', async (t) => {
  const before = await countDeliveries()
  await t.rejects(queueText(domain, envelope(), { text: '' }), { name: 'ZodError' })
  await t.rejects(queuePoll(domain, envelope(), { question: 'When?', options: ['a'] }), { name: 'ZodError' })
  await t.rejects(queueDocument(domain, envelope(), {}), { name: 'ZodError' })
  t.equal(await countDeliveries(), before)
})

t.test('a template is filled when it is queued, and keeps what it was filled from', async (t) => {
  await put('en', 'Hello {{name}}')
  const result = await queueTemplate(domain, envelope(), {
    templateCode: 'welcome',
    language: 'en',
    variables: { name: 'Ana' },
  })
  await put('en', 'Hi {{name}}')
  await deleteTemplate(domain, { tenantId: 'acme', code: 'welcome', language: 'en', actor: 'test' })
  t.match(await stored(result), {
    type: 'template',
    text: 'Hello Ana',
    payload: {
      templateCode: 'welcome',
      rendered: { version: 1, language: 'en', text: 'Hello Ana', provider: { name: 'welcome' } },
    },
  })
})

t.test(
  'a repeated key is answered first, whatever became of the template or the time meanwhile',
  async (t) => {
    await put('en', 'Hello {{name}}')
    const content = { templateCode: 'welcome', language: 'en', variables: { name: 'Ana' } }
    const of = envelope({ idempotencyKey: 'template-1' })
    const first = await queueTemplate(domain, of, content)
    await deleteTemplate(domain, { tenantId: 'acme', code: 'welcome', language: 'en', actor: 'test' })
    t.same(await queueTemplate(domain, of, content), { status: 'repeated', id: idOf(first) })
  },
)

t.test('members in another order are the same message', async (t) => {
  const of = envelope({ idempotencyKey: 'order-1' })
  const [a, b] = [
    { a: 'x', b: 'y' },
    { b: 'y', a: 'x' },
  ]
  await putTemplate(domain, {
    ...{ tenantId: 'acme', code: 'two', language: 'en', actor: 'test' },
    definition: define({
      body: '{{a}} {{b}}',
      variables: ['a', 'b'].map((name) => ({ name, type: 'text' })),
    }),
  })
  const first = await queueTemplate(domain, of, { templateCode: 'two', variables: a })
  t.same(await queueTemplate(domain, of, { templateCode: 'two', variables: b }), {
    status: 'repeated',
    id: idOf(first),
  })
})

t.test('a region falls back to its language, and to nothing else', async (t) => {
  await put('pt', 'Olá {{name}}')
  await put('en', 'Hello {{name}}')
  const send = (language?: string) =>
    queueTemplate(domain, envelope(), {
      templateCode: 'welcome',
      variables: { name: 'Ana' },
      ...(language === undefined ? {} : { language }),
    })
  t.match(await stored(await send('pt_BR')), { text: 'Olá Ana', payload: { rendered: { language: 'pt' } } })
  await put('pt_BR', 'Oi {{name}}')
  t.match(await stored(await send('pt_BR')), { text: 'Oi Ana' })
  const languages = ['en', 'pt', 'pt_BR']
  for (const language of ['de', 'de_AT', undefined]) {
    t.same(await send(language), {
      status: 'template_not_found',
      templateCode: 'welcome',
      language,
      languages,
    })
  }
})

t.test('without a language the only one is meant', async (t) => {
  await put('pt_BR', 'Olá {{name}}')
  const result = await queueTemplate(domain, envelope(), {
    templateCode: 'welcome',
    variables: { name: 'Ana' },
  })
  t.match(await stored(result), { text: 'Olá Ana' })
})

t.test('a template of another tenant is not there', async (t) => {
  await put('en', 'Hello {{name}}')
  const result = await queueTemplate(domain, envelope({ tenantId: 'other', instanceId: 'other-phone' }), {
    templateCode: 'welcome',
  })
  t.match(result, { status: 'template_not_found', languages: [] })
})

t.test('what a template lacks is named, and nothing is queued', async (t) => {
  await put('en', 'Hello {{name}}')
  const before = await countDeliveries()
  const refusals: [content: object, path: string][] = [
    [{}, 'variables.name'],
    [{ variables: { name: 7 } }, 'variables.name'],
    [{ variables: { name: 'Ana', other: 'x' } }, 'variables.other'],
    [{ components: [] }, 'components'],
    [{ components: [{ type: 'body', parameters: [{ type: 'image' }] }] }, 'components.0.parameters.0'],
    [{ variables: { name: 'Ana' }, components: [] }, 'components'],
  ]
  for (const [content, path] of refusals) {
    const result = await queueTemplate(domain, envelope(), { templateCode: 'welcome', ...content })
    t.match(result, { status: 'invalid_request', faults: [{ of: 'intent', path }] }, JSON.stringify(content))
  }
  t.equal(await countDeliveries(), before)
})

t.test('a number of the Cloud API gets Meta\u2019s components as they are, known here or not', async (t) => {
  await sql`insert into instance (id, tenant_id, name, transport, cloud_phone_number_id, cloud_credentials)
    values ('acme-cloud', 'acme', 'Cloud', 'cloud', '1', '\\x00')`.execute(domain.db)
  const of = envelope({ instanceId: 'acme-cloud' })
  const components = [{ type: 'header', parameters: [{ type: 'image', image: { link: URL_ } }] }]
  const unknown = await queueTemplate(domain, of, {
    templateCode: 'only_at_meta',
    language: 'en',
    components,
  })
  t.match(await stored(unknown), { text: 'only_at_meta', payload: { components, rendered: undefined } })
  await put('en', 'Hello {{name}}', { providerName: 'welcome_v2' })
  const body = [{ type: 'body', parameters: [{ type: 'text', text: 'Ana *Lima*' }] }]
  const known = await queueTemplate(domain, of, { templateCode: 'welcome', language: 'en', components: body })
  t.match(await stored(known), {
    text: 'Hello Ana \u2217Lima\u2217',
    payload: { rendered: { provider: { name: 'welcome_v2', components: body } } },
  })
  const filled = await queueTemplate(domain, of, { templateCode: 'welcome', variables: { name: 'Ana' } })
  t.match(await stored(filled), {
    payload: { rendered: { provider: { components: [{ type: 'body', parameters: [{ text: 'Ana' }] }] } } },
  })
})

t.test('a reaction finds its message by either id, in its own chat alone', async (t) => {
  const inbound = messageEnvelope({ phone: PHONE })
  const saved = await commit(domain, (work) => saveMessage(work, inbound))
  if (saved.status !== 'saved') throw new Error('not saved')
  const react = (messageId: string, to = PHONE) =>
    queueReaction(domain, envelope({ to }), { messageId, emoji: '\u{1f44d}' })
  for (const messageId of [saved.messageId, inbound.providerMessageId]) {
    t.match(await stored(await react(messageId)), {
      text: '\u{1f44d}',
      payload: { target: { providerMessageId: inbound.providerMessageId, fromMe: false } },
    })
  }
  for (const [messageId, to] of [
    [newId(), PHONE],
    ['3EB0NOTHING', PHONE],
    [saved.messageId, '+5511911119999'],
  ] as const) {
    t.same(await react(messageId, to), { status: 'message_not_found', messageId })
  }
  const ours = idOf(await queueText(domain, envelope(), { text: 'not sent yet' }))
  t.match(await react(ours), { status: 'invalid_request', faults: [{ path: 'messageId' }] })
})

t.test('a reaction in a group names the member who wrote the message', async (t) => {
  const group = '120363000000000001@g.us'
  const participantJid = '5511900000009@s.whatsapp.net'
  const inbound = messageEnvelope({ chatKey: group, participantJid })
  await commit(domain, (work) => saveMessage(work, inbound))
  const result = await queueReaction(domain, envelope({ to: group }), {
    messageId: inbound.providerMessageId,
    emoji: '',
  })
  t.match(await stored(result), { text: 'reaction', payload: { target: { participantJid, fromMe: false } } })
})

t.test('a message cannot be asked for in the past, or to end before it begins', async (t) => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
  const before = await countDeliveries()
  const refusals: [times: Partial<Envelope>, path: string][] = [
    [{ scheduledAt: inDays(-1) }, 'scheduledAt'],
    [{ scheduledAt: inDays(400) }, 'scheduledAt'],
    [{ expiresAt: inDays(-1) }, 'expiresAt'],
    [{ scheduledAt: inDays(2), expiresAt: inDays(1) }, 'expiresAt'],
  ]
  for (const [times, path] of refusals) {
    const result = await queueText(domain, envelope(times), { text: 'late' })
    t.match(result, { status: 'invalid_request', faults: [{ of: 'request', path }] }, path)
  }
  t.equal(await countDeliveries(), before)
  const times = { scheduledAt: inDays(1), expiresAt: inDays(2) }
  t.match(await queueMessage(domain, outboundRequest({ ...times, instanceId: 'acme-phone' })), {
    status: 'queued',
  })
})
