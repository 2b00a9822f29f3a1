import t from 'tap'
import { startApi } from '../../testing/start-api.ts'

const { app, keys } = await startApi(t)
const BASE = '/api/integrations/whatsapp/instances'
const ask = async (method: 'POST' | 'PATCH', path: string, payload: object = {}) => {
  const answer = await app.inject({ method, url: BASE + path, headers: { 'x-api-key': keys.acme }, payload })
  return { status: answer.statusCode, body: answer.json() }
}

t.test('an instance whose adapter asks needs no broker, and its session is the adapter\u2019s', async (t) => {
  const made = await ask('POST', '', { id: 'shop-phone', name: 'Shop', delivery: 'pull' })
  t.match(made, { status: 201, body: { id: 'shop-phone', delivery: 'pull', status: 'created' } })
  t.match(await ask('POST', '/shop-phone/connect'), {
    status: 422,
    body: { error: { code: 'UNSUPPORTED_TYPE' } },
  })
  t.match(await ask('POST', '', { id: 'own-phone', name: 'Own' }), { status: 503 })
})

t.test('who sends an instance\u2019s messages is changed by PATCH', async (t) => {
  t.match(await ask('PATCH', '/acme-phone', { delivery: 'pull' }), {
    status: 200,
    body: { delivery: 'pull' },
  })
  t.match(await ask('PATCH', '/acme-phone', { name: 'Phone' }), { status: 200, body: { delivery: 'pull' } })
  t.match(await ask('PATCH', '/acme-phone', { delivery: 'push' }), {
    status: 200,
    body: { delivery: 'push' },
  })
  t.match(await ask('PATCH', '/acme-phone', { delivery: 'pigeon' }), { status: 400 })
})
