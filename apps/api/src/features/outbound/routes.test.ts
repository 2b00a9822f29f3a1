import { TemplateDefinition } from '@carteiro/contracts/template'
import { newId } from '@carteiro/database/new-id'
import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import { putTemplate } from '@carteiro/domain/templates/put-template'
import { OUTBOUND_QUEUE } from '@carteiro/queue/jobs'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const URL_ = '/api/v1/outbound/messages'
const { app, db, domain, keys } = await startApi(t)

const post = (payload: object, key = keys.acme) =>
  app.inject({ method: 'POST', url: URL_, headers: { 'x-api-key': key }, payload })
const get = (id: string, key = keys.acme) =>
  app.inject({ url: `${URL_}/${id}`, headers: { 'x-api-key': key } })
const hello = (fields: object = {}) => ({
  channel: 'WHATSAPP',
  to: '+55 11 95555-0001',
  text: 'Hello',
  ...fields,
})
const countDeliveries = async () => (await db.selectFrom('delivery').select('id').execute()).length

t.test('a message is accepted, shown as it was given, and the workers are told', async (t) => {
  await db.deleteFrom('delivery').execute()
  const response = await post(hello({ instanceId: 'acme-phone', idempotencyKey: 'first', dossierId: 42 }))
  t.equal(response.statusCode, 201)
  const message = response.json()
  t.match(message, {
    orgId: 'acme',
    channel: 'WHATSAPP',
    to: '+5511955550001',
    instanceId: 'acme-phone',
    intent: 'text',
    payloadJson: { intent: 'text', text: 'Hello' },
    status: 'QUEUED',
    idempotencyKey: 'first',
    dossierId: 42,
    internalMessageId: message.id,
    attemptCount: 0,
    maxAttempts: 6,
    providerMessageId: null,
    errorCode: null,
  })
  t.match((await get(message.id)).json(), { ...message, attempts: [] })
  const nudges = await domain.queue.boss.fetch(OUTBOUND_QUEUE)
  t.match(nudges, [{ data: { tenantId: 'acme', instanceId: 'acme-phone' } }])
})

t.test('the text may stand in payloadJson', async (t) => {
  const { text: _, ...rest } = hello()
  const response = await post({ ...rest, payloadJson: { text: 'Hello' } })
  t.equal(response.statusCode, 201)
  t.match(response.json(), { payloadJson: { intent: 'text', text: 'Hello' } })
})

t.test(
  'a repeated key with the same content gives the first answer, however often and at once',
  async (t) => {
    const first = await post(hello({ idempotencyKey: 'twice' }))
    const before = await countDeliveries()
    const again = await Promise.all(
      Array.from({ length: 10 }, () => post(hello({ idempotencyKey: 'twice', to: '5511955550001' }))),
    )
    for (const response of again) {
      t.equal(response.statusCode, 200)
      t.same(response.json(), first.json())
    }
    t.equal(await countDeliveries(), before)
  },
)

t.test('a key with other content is refused, and names the message that has it', async (t) => {
  const { id } = (await post(hello({ idempotencyKey: 'mismatch' }))).json()
  for (const other of [{ text: 'Bye' }, { to: '+5511955550002' }, { dossierId: 'x' }]) {
    const response = await post(hello({ idempotencyKey: 'mismatch', ...other }))
    t.same(matchProblem(t, response, 409, 'IDEMPOTENCY_KEY_MISMATCH').details, { messageId: id })
  }
})

t.test('a key of one tenant is nothing to another', async (t) => {
  const mine = await post(hello({ idempotencyKey: 'ours' }))
  const theirs = await post(hello({ idempotencyKey: 'ours' }), keys.other)
  t.equal(theirs.statusCode, 201)
  t.not(theirs.json().id, mine.json().id)
  t.match(theirs.json(), { orgId: 'other', instanceId: 'other-phone' })
})

t.test('what names nobody is refused by its field', async (t) => {
  for (const to of ['Maria', '1234567', 'status@broadcast', '+']) {
    const { details } = matchProblem(t, await post(hello({ to })), 422, 'INVALID_TO')
    t.match(details, [{ path: 'body.to' }], to)
  }
})

t.test('each fault of the body is told with its path', async (t) => {
  const table: [body: unknown, paths: string[]][] = [
    [{}, ['body.to']],
    [{ to: 7, text: 'Hello' }, ['body.to']],
    [{ to: '', text: 'Hello' }, ['body.to']],
    [hello({ text: '' }), ['body.text']],
    [hello({ text: undefined }), ['body.intent']],
    [hello({ payloadJson: { text: 'Hello' } }), ['body.text']],
    [hello({ text: undefined, payloadJson: {} }), ['body.payloadJson.intent']],
    [hello({ channel: 'SMS' }), ['body.channel']],
    [hello({ instanceId: 'Not A Slug' }), ['body.instanceId']],
    [hello({ idempotencyKey: ' ' }), ['body.idempotencyKey']],
    [hello({ dossierId: {} }), ['body.dossierId']],
    [hello({ text: 'a'.repeat(65_537) }), ['body.text']],
    [hello({ to: 7, channel: 'SMS' }), ['body.channel', 'body.to']],
    [hello({ text: 'a\u0000b' }), ['body.text']],
    [hello({ text: 'a\ud800b' }), ['body.text']],
    [hello({ text: undefined, payloadJson: { text: '\u0000' } }), ['body.payloadJson.text']],
    [hello({ idempotencyKey: 'a\u0000b' }), ['body.idempotencyKey']],
    [hello({ dossierId: 'a\u0000b' }), ['body.dossierId']],
    [[], ['body']],
    [null, ['body']],
  ]
  for (const [body, paths] of table) {
    const response = await app.inject({
      method: 'POST',
      url: URL_,
      headers: { 'x-api-key': keys.acme, 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    })
    const { details } = matchProblem(t, response, 400, 'VALIDATION_ERROR')
    const told = (details as { path: string }[]).map(({ path }) => path)
    t.same(told, paths, JSON.stringify(body).slice(0, 80))
  }
})

t.test('an instance that is unknown, or another tenant\u2019s, is named', async (t) => {
  for (const instanceId of ['nowhere', 'other-phone']) {
    const { message, details } = matchProblem(t, await post(hello({ instanceId })), 404, 'INSTANCE_NOT_FOUND')
    t.match(message, instanceId)
    t.same(details, { instanceId })
  }
})

t.test('with several instances one must be named', async (t) => {
  await db
    .insertInto('instance')
    .values({ id: 'acme-second', tenant_id: 'acme', name: 'Second' } as never)
    .execute()
  const { details } = matchProblem(t, await post(hello()), 409, 'INSTANCE_REQUIRED')
  t.same(details, { instanceIds: ['acme-phone', 'acme-second'] })
  t.equal((await post(hello({ instanceId: 'acme-second' }))).statusCode, 201)
  await db.deleteFrom('delivery').where('instance_id', '=', 'acme-second').execute()
  await db.deleteFrom('message').where('instance_id', '=', 'acme-second').execute()
})

t.test('what became of a message is told with every attempt', async (t) => {
  await db.deleteFrom('delivery').execute()
  await db.deleteFrom('lane').execute()
  const { id } = (await post(hello({ instanceId: 'acme-phone', to: '+5511955550009' }))).json()
  const [delivery] = await claim(domain, {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    limit: 1,
    claimSeconds: 60,
  })
  if (!delivery) throw new Error('nothing was claimed')
  await settle(domain, delivery, {
    status: 'failed',
    fault: 'message',
    code: 'RECIPIENT_NOT_ON_WHATSAPP',
    message: 'nobody',
  })
  t.match((await get(id)).json(), {
    status: 'FAILED',
    errorCode: 'RECIPIENT_NOT_ON_WHATSAPP',
    attemptCount: 1,
    attempts: [{ attemptNo: 1, status: 'failed', errorCode: 'RECIPIENT_NOT_ON_WHATSAPP', nextRetryAt: null }],
  })
})

t.test('a template is sent by its code, filled by Meta\u2019s components', async (t) => {
  await putTemplate(domain, {
    ...{ tenantId: 'acme', code: 'welcome_message', language: 'en', actor: 'test' },
    definition: TemplateDefinition.parse({
      body: 'Hello {{name}}',
      variables: [{ name: 'name', type: 'text' }],
    }),
  })
  const components = (...parameters: object[]) => [{ type: 'body', parameters }]
  const body = (payloadJson: object) => ({
    dossierId: 456,
    channel: 'WHATSAPP',
    to: '+1234567890',
    instanceId: 'acme-phone',
    templateCode: 'welcome_message',
    payloadJson,
  })
  const filled = components({ type: 'text', text: 'John Doe' })
  const response = await post({
    ...body({ language: 'en', components: filled }),
    idempotencyKey: 'unique-123',
  })
  t.equal(response.statusCode, 201)
  t.match(response.json(), {
    dossierId: 456,
    to: '+1234567890',
    intent: 'template',
    payloadJson: {
      templateCode: 'welcome_message',
      components: filled,
      rendered: { version: 1, text: 'Hello John Doe' },
    },
  })
  const faults: [payloadJson: object, path: string, names: RegExp][] = [
    [{ language: 'en', components: [] }, 'body.payloadJson.components', /name is missing/],
    [{ variables: {} }, 'body.payloadJson.variables.name', /name is missing/],
    [{ variables: { name: 7 } }, 'body.payloadJson.variables.name', /name must be a text/],
  ]
  const before = await countDeliveries()
  for (const [payloadJson, path, names] of faults) {
    const { details } = matchProblem(t, await post(body(payloadJson)), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path, message: names }])
  }
  const { details } = matchProblem(t, await post(body({ language: 'de' })), 404, 'TEMPLATE_NOT_FOUND')
  t.same(details, { templateCode: 'welcome_message', language: 'de', languages: ['en'] })
  t.equal(await countDeliveries(), before, 'nothing is queued on an error')
})

t.test('a message may be for later, not for the past', async (t) => {
  const later = new Date(Date.now() + 3_600_000).toISOString()
  const scheduled = { instanceId: 'acme-phone', scheduledAt: later, idempotencyKey: 'later' }
  t.equal((await post(hello(scheduled))).statusCode, 201)
  t.equal((await post(hello(scheduled))).statusCode, 200)
  for (const past of ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00-03:00']) {
    const { details } = matchProblem(
      t,
      await post(hello({ instanceId: 'acme-phone', scheduledAt: past })),
      400,
      'VALIDATION_ERROR',
    )
    t.match(details, [{ path: 'body.scheduledAt' }])
  }
  const { details } = matchProblem(
    t,
    await post(hello({ instanceId: 'acme-phone', scheduledAt: 'tomorrow' })),
    400,
    'VALIDATION_ERROR',
  )
  t.match(details, [{ path: 'body.scheduledAt' }])
})

t.test('a file is named by an address that is public, and cannot be uploaded ahead', async (t) => {
  const send = (content: object) => post({ instanceId: 'acme-phone', to: '+5511955550001', ...content })
  const mediaUrl = 'https://files.example/a.pdf'
  t.match((await send({ mediaUrl, caption: 'Here' })).json(), {
    intent: 'document',
    payloadJson: { mediaUrl, caption: 'Here' },
  })
  const before = await countDeliveries()
  for (const url of ['http://127.0.0.1:3000/', 'http://[::ffff:10.0.0.1]/', 'file:///etc/passwd']) {
    const refused = matchProblem(t, await send({ mediaUrl: url }), 422, 'MEDIA_URL_REFUSED')
    t.match(refused.details, [{ path: 'body.mediaUrl' }])
  }
  matchProblem(t, await send({ intent: 'image', uploadId: 'u-1' }), 422, 'UPLOAD_NOT_SUPPORTED')
  t.equal(await countDeliveries(), before)
})

t.test('a reaction to a message that is not in the chat is refused', async (t) => {
  const response = await post(
    hello({ text: undefined, instanceId: 'acme-phone', messageId: '3EB0', emoji: '' }),
  )
  matchProblem(t, response, 404, 'MESSAGE_NOT_FOUND')
})

t.test('a message that is another tenant\u2019s, or nobody\u2019s, is not there', async (t) => {
  const { id } = (await post(hello({ instanceId: 'acme-phone' }))).json()
  matchProblem(t, await get(id, keys.other), 404, 'NOT_FOUND')
  matchProblem(t, await get(newId()), 404, 'NOT_FOUND')
  const { details } = matchProblem(t, await get('no-uuid'), 400, 'VALIDATION_ERROR')
  t.match(details, [{ path: 'params.id' }])
})
