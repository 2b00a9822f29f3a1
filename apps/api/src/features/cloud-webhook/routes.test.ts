import t from 'tap'
import { cloudBody } from '../../testing/cloud-webhook.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'
import {
  BROKER_PATH,
  CLOUD_PATH,
  NUMBERS,
  PLATFORM_TOKEN,
  startCloudApi,
  tenantPath,
  textTo,
} from '../../testing/start-cloud-api.ts'

const { api, post } = await startCloudApi(t)

t.test('Meta gets its challenge back for the right token, and nothing for another', async (t) => {
  const ask = (url: string, query: Record<string, string>, headers = {}) =>
    api.app.inject({
      url,
      headers,
      query: { 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', ...query },
    })
  const token = { 'hub.verify_token': 'verify token of sales' }
  const platform = { 'hub.verify_token': PLATFORM_TOKEN }
  const good = [
    await ask(tenantPath('acme'), token),
    await ask(CLOUD_PATH, token, { 'x-org-id': 'acme' }),
    await ask(BROKER_PATH, platform),
    await ask(CLOUD_PATH, platform),
  ]
  for (const response of good) {
    t.equal(response.statusCode, 200)
    t.match(response.headers['content-type'], /^text\/plain/)
    t.equal(response.body, '1158201444')
  }
  const bad = [
    await ask(tenantPath('acme'), {}),
    await ask(tenantPath('acme'), { ...token, 'hub.mode': 'unsubscribe' }),
    await ask(tenantPath('acme'), { 'hub.verify_token': 'verify token of others' }),
    await ask(tenantPath('acme'), platform),
    await ask(tenantPath('nowhere'), token),
    await ask(BROKER_PATH, token),
    await ask(BROKER_PATH, { 'hub.verify_token': '' }),
    await api.app.inject({ url: `${tenantPath('acme')}?hub.verify_token=a&hub.verify_token=b` }),
  ]
  for (const response of bad) matchProblem(t, response, 403, 'INVALID_VERIFY_TOKEN')
})

t.test(
  'without a key for credentials, everything of the Cloud API says which variable is missing',
  async (t) => {
    const bare = await startApi(t)
    const answers = [
      await post(cloudBody(textTo(NUMBERS.sales)), { to: bare }),
      await bare.app.inject({ url: tenantPath('acme') }),
      await bare.app.inject({
        method: 'PUT',
        url: '/api/integrations/whatsapp/instances/sales/cloud',
        headers: { 'x-api-key': bare.keys.acme },
        payload: { phoneNumberId: '1', appSecret: 'x'.repeat(16), verifyToken: 'y'.repeat(16) },
      }),
    ]
    for (const answer of answers) {
      t.same(matchProblem(t, answer, 503, 'WHATSAPP_NOT_CONFIGURED').details, {
        missing: ['CREDENTIALS_ENCRYPTION_KEY'],
      })
    }
    const { details } = matchProblem(
      t,
      await bare.app.inject({ url: BROKER_PATH }),
      503,
      'WHATSAPP_NOT_CONFIGURED',
    )
    t.same(details, { missing: ['WHATSAPP_WEBHOOK_VERIFY_TOKEN'] })
  },
)
