import { TemplateDefinition } from '@carteiro/contracts/template'
import { sql } from 'kysely'
import t from 'tap'
import { deleteTemplate, putTemplate } from '../templates/put-template.ts'
import { countDeliveries, envelope, idOf, readQueued } from '../testing/queued.ts'
import { startDomain } from '../testing/start-domain.ts'
import { queueTemplate } from './queue-intents.ts'
import type { QueueMessageResult } from './queue-message.ts'

const domain = await startDomain(t)
const stored = (result: QueueMessageResult) => readQueued(domain, result)

const define = (fields: object) => TemplateDefinition.parse(fields)
const put = (language: string, body: string, more = {}) =>
  putTemplate(domain, {
    ...{ tenantId: 'acme', code: 'welcome', language, actor: 'test' },
    definition: define({ body, variables: [{ name: 'name', type: 'text' }], ...more }),
  })

t.afterEach(async () => void (await sql`delete from template`.execute(domain.db)))

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
  const before = await countDeliveries(domain)
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
  t.equal(await countDeliveries(domain), before)
})

t.test('a number of the Cloud API gets Meta\u2019s components as they are, known here or not', async (t) => {
  await sql`insert into instance (id, tenant_id, name, transport, cloud_phone_number_id, cloud_credentials)
    values ('acme-cloud', 'acme', 'Cloud', 'cloud', '1', '\\x00')`.execute(domain.db)
  const of = envelope({ instanceId: 'acme-cloud' })
  const components = [
    { type: 'header', parameters: [{ type: 'image', image: { link: 'https://files.example/a.png' } }] },
  ]
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
