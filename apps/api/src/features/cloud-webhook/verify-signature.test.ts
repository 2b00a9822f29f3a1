import t from 'tap'
import { cloudBody, signCloud } from '../../testing/cloud-webhook.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import {
  CLOUD_PATH,
  NUMBERS,
  OTHER_SECRET,
  SHARED_SECRET,
  startCloudApi,
  tenantPath,
  textTo,
} from '../../testing/start-cloud-api.ts'

const { api, connect, post, queued } = await startCloudApi(t)

t.test(
  'a wrong signature, a missing one, and a tenant that nobody knows are answered alike, and nothing is read',
  async (t) => {
    const body = cloudBody(textTo(NUMBERS.sales))
    const good = signCloud(SHARED_SECRET, JSON.stringify(body))
    const answers = [
      await post(body, { secret: 'a wrong secret' }),
      await post('{not JSON', { secret: 'a wrong secret' }),
      await post(body, { secret: OTHER_SECRET }),
      await post(body, { url: tenantPath('other') }),
      await post(body, { url: tenantPath('nowhere') }),
      await post(body, { url: tenantPath('%00') }),
      await post(body, { url: CLOUD_PATH, headers: { 'x-org-id': 'other' } }),
      await post(cloudBody(textTo('9999')), { url: CLOUD_PATH }),
      await post(cloudBody(textTo(null)), { url: CLOUD_PATH }),
      await post('{not JSON', { url: CLOUD_PATH }),
    ]
    const malformed = [
      '',
      good.slice(7),
      good.slice(0, -1),
      `${good}0`,
      `sha1=${good.slice(7)}`,
      `${good}, ${good}`,
    ]
    for (const signature of malformed)
      answers.push(await post(body, { headers: { 'x-hub-signature-256': signature } }))
    answers.push(await api.app.inject({ method: 'POST', url: tenantPath('acme'), payload: body }))
    const said = answers.map((answer) => {
      const { requestId: _id, ...error } = matchProblem(t, answer, 401, 'INVALID_SIGNATURE')
      return JSON.stringify(error)
    })
    t.equal(new Set(said).size, 1)
    t.same(await queued(), [])
    const upperCase = { 'x-hub-signature-256': good.toUpperCase().replace('SHA256', 'sha256') }
    t.match((await post(body, { headers: upperCase })).json(), { queued: 1 })
  },
)

t.test('one changed byte is a wrong signature, even where the JSON says the same', async (t) => {
  const body = JSON.stringify(cloudBody(textTo(NUMBERS.sales)))
  const headers = { 'x-hub-signature-256': signCloud(SHARED_SECRET, body) }
  matchProblem(t, await post(`${body} `, { headers }), 401, 'INVALID_SIGNATURE')
  matchProblem(t, await post(body.replace('{', '{ '), { headers }), 401, 'INVALID_SIGNATURE')
})

t.test('while a secret is rotated both are taken, then the new one alone', async (t) => {
  const [first, second] = ['first secret of many', 'second secret of many']
  const body = cloudBody(textTo('3001'))
  const status = async (secret: string) => (await post(body, { secret })).statusCode
  await connect('rotated', '3001', first)
  t.equal((await connect('rotated', '3001', second)).json().validSecrets, 2)
  t.same([await status(first), await status(second)], [200, 200])
  await connect('rotated', '3001', second, { keepFormerSecret: false })
  t.same([await status(first), await status(second)], [401, 200])
})
