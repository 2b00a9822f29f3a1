import { randomBytes } from 'node:crypto'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const env = { CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
const { app, db, keys, keyWith } = await startApi(t, { env })

const FIELDS = {
  phoneNumberId: '1001',
  appSecret: 'the secret of an app',
  verifyToken: 'the token of an app',
  accessToken: 'the-token-of-an-app-too',
}
const put = (id: string, payload: object, key = keys.acme) =>
  app.inject({
    method: 'PUT',
    url: `/api/integrations/whatsapp/instances/${id}/cloud`,
    headers: { 'x-api-key': key },
    payload,
  })

t.test('a number is connected without a broker, and no answer gives its secrets back', async (t) => {
  const response = await put('sales', { ...FIELDS, name: 'Sales' })
  t.equal(response.statusCode, 200)
  t.same(response.json(), { id: 'sales', transport: 'cloud', phoneNumberId: '1001', validSecrets: 1 })
  const headers = { 'x-api-key': keys.acme }
  const listed = await app.inject({ url: '/api/integrations/whatsapp/instances', headers })
  t.match(listed.json().instances, [
    { id: 'acme-phone' },
    { id: 'sales', name: 'Sales', status: 'connected' },
  ])
  for (const { body } of [response, listed]) t.notMatch(body, /the.(secret|token).of.an.app/)
  const row = await db.selectFrom('instance').selectAll().where('id', '=', 'sales').executeTakeFirstOrThrow()
  t.notMatch(row.cloud_credentials?.toString('latin1') ?? '', /the.(secret|token).of.an.app/)
})

t.test('an instance that is not there is named, and made only with a name', async (t) => {
  const wanted = { ...FIELDS, phoneNumberId: '1002' }
  matchProblem(t, await put('support', wanted), 404, 'INSTANCE_NOT_FOUND')
  matchProblem(t, await put('sales', wanted, keys.other), 404, 'INSTANCE_NOT_FOUND')
})

t.test('an id, a number or a linked phone that is taken is not taken over', async (t) => {
  const named = { ...FIELDS, name: 'Mine' }
  for (const response of [
    await put('sales', { ...named, phoneNumberId: '1003' }, keys.other),
    await put('mine', named, keys.other),
    await put('acme-phone', { ...named, phoneNumberId: '1003' }),
  ]) {
    matchProblem(t, response, 409, 'INSTANCE_ALREADY_EXISTS')
  }
})

t.test('what cannot be a number, a secret or a token is refused by its name, and not repeated', async (t) => {
  const faults = {
    phoneNumberId: '+55 11',
    appSecret: 'hidden: short',
    verifyToken: 'hidden: brief',
    accessToken: 'hidden: with spaces',
    pageToken: 'hidden: none of these',
  }
  for (const [name, value] of Object.entries(faults)) {
    const response = await put('sales', { ...FIELDS, [name]: value })
    const { details } = matchProblem(t, response, 400, 'VALIDATION_ERROR')
    t.match(JSON.stringify(details), name === 'pageToken' ? /body/ : name)
    t.notMatch(response.body, /hidden/)
  }
})

t.test('only an administrator connects a number', async (t) => {
  const key = await keyWith('read', 'send', 'webhook')
  matchProblem(t, await put('sales', FIELDS, key), 403, 'INSUFFICIENT_SCOPE')
})

t.test('credentials that were sealed under another key are said to be, and can be given again', async (t) => {
  await put('sales', { ...FIELDS, name: 'Sales' })
  const { cloud_credentials: sealed } = await db
    .selectFrom('instance')
    .select('cloud_credentials')
    .where('id', '=', 'sales')
    .executeTakeFirstOrThrow()
  const other = Buffer.from(sealed ?? '')
  other.writeUInt8(other.readUInt8(1) ^ 1, 1)
  await db.updateTable('instance').set({ cloud_credentials: other }).where('id', '=', 'sales').execute()
  const ask = () => app.inject({ url: '/api/v1/webhooks/whatsapp/acme/inbound' })
  const { details } = matchProblem(t, await ask(), 503, 'WHATSAPP_NOT_CONFIGURED')
  t.same(details, { missing: ['CREDENTIALS_ENCRYPTION_KEY'] })
  t.equal((await put('sales', FIELDS)).statusCode, 200)
  matchProblem(t, await ask(), 403, 'INVALID_VERIFY_TOKEN')
})
