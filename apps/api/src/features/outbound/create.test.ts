import { TemplateDefinition } from '@carteiro/contracts/template'
import { putTemplate } from '@carteiro/domain/templates/put-template'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys } = await startApi(t)

const post = (content: object) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/outbound/messages',
    headers: { 'x-api-key': keys.acme },
    payload: { to: '+55 11 95555-0001', ...content },
  })
const countDeliveries = async () => (await db.selectFrom('delivery').select('id').execute()).length

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
  const scheduled = { text: 'Later', scheduledAt: later, idempotencyKey: 'later' }
  t.equal((await post(scheduled)).statusCode, 201)
  t.equal((await post(scheduled)).statusCode, 200)
  for (const past of ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00-03:00']) {
    const { details } = matchProblem(
      t,
      await post({ text: 'Late', scheduledAt: past }),
      400,
      'VALIDATION_ERROR',
    )
    t.match(details, [{ path: 'body.scheduledAt' }])
  }
  const { details } = matchProblem(
    t,
    await post({ text: 'Late', scheduledAt: 'tomorrow' }),
    400,
    'VALIDATION_ERROR',
  )
  t.match(details, [{ path: 'body.scheduledAt' }])
})

t.test('a file is named by an address that is public, and cannot be uploaded ahead', async (t) => {
  const mediaUrl = 'https://files.example/a.pdf'
  t.match((await post({ mediaUrl, caption: 'Here' })).json(), {
    intent: 'document',
    payloadJson: { mediaUrl, caption: 'Here' },
  })
  const inline = await post({ intent: 'image', media: { base64: 'aGVsbG8=', mimeType: 'image/png' } })
  t.same(inline.json().payloadJson, { intent: 'image', media: { mimeType: 'image/png', size: 5 } })
  const before = await countDeliveries()
  for (const url of ['http://127.0.0.1:3000/', 'http://[::ffff:10.0.0.1]/', 'file:///etc/passwd']) {
    const refused = matchProblem(t, await post({ mediaUrl: url }), 422, 'MEDIA_URL_REFUSED')
    t.match(refused.details, [{ path: 'body.mediaUrl' }])
  }
  t.equal(await countDeliveries(), before)
})

t.test('a reaction to a message that is not in the chat is refused', async (t) => {
  const response = await post({ messageId: '3EB0', emoji: '' })
  matchProblem(t, response, 404, 'MESSAGE_NOT_FOUND')
})
