import t from 'tap'
import { brokerMessage } from '../../testing/broker-event.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, brokerKey } = await startApi(t)
const get = (url: string) => app.inject({ url })

t.test('probes answer without a key', async (t) => {
  t.same((await get('/livez')).json(), { status: 'ok' })
  for (const url of ['/healthz', '/readyz']) {
    const response = await get(url)
    t.equal(response.statusCode, 200)
    t.match(response.json(), {
      status: 'ok',
      version: /^\d+\.\d+\.\d+/,
      storage: 'postgres',
      checks: { database: { status: 'ok' } },
      whatsapp: {
        runtime: {
          mode: 'http',
          transport: 'http',
          status: 'not_configured',
          disabled: true,
          metrics: {
            instances: 2,
            connected: 2,
            queued: 0,
            sending: 0,
            failed24h: 0,
            oldestQueuedSeconds: 0,
          },
        },
      },
    })
  }
})

t.test('metrics tell what webhooks brought, and no label is made by a stranger', async (t) => {
  const payload = [brokerMessage(), brokerMessage({ instanceId: 'made-up-by-a-stranger' })]
  await app.inject({
    method: 'POST',
    url: '/api/integrations/whatsapp/webhook',
    headers: { 'x-api-key': brokerKey },
    payload,
  })
  const response = await get('/metrics')
  t.equal(response.statusCode, 200)
  t.match(response.headers['content-type'], /^text\/plain/)
  t.match(
    response.body,
    'whatsapp_webhook_events_total{origin="broker",instance_id="acme-phone",result="accepted",reason="ok",payload_type="message"} 1',
  )
  t.match(response.body, /whatsapp_webhook_events_total\{.*result="rejected",reason="unknown_instance".*\} 1/)
  t.match(response.body, 'http_request_duration_seconds_count')
  t.match(response.body, 'nodejs_eventloop_lag_seconds')
  t.notMatch(response.body, 'made-up')
})

t.test('the API describes itself: every route with its key, and a page to read it', async (t) => {
  const response = await get('/openapi.json')
  const document = response.json()
  t.match(document, { openapi: '3.1.0', components: { securitySchemes: { apiKey: { in: 'header' } } } })
  t.ok(document.paths['/api/v1/outbound/messages'].post.requestBody)
  t.notOk('/openapi.json' in document.paths)
  for (const url of ['/docs', '/docs/']) t.ok([200, 302].includes((await get(url)).statusCode), url)
  t.match((await get('/docs/')).body, '<html')
})
