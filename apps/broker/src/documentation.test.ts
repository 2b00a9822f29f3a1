import { t, test } from 'tap'
import { startTestBroker } from './test-broker.ts'

const { broker } = await startTestBroker(t)

test('every route of the surface is documented, and reading that needs no key', async (t) => {
  const page = await fetch(`${broker.address}/documentation`)
  t.equal(page.status, 200)
  for (const path of ['/openapi.json', '/documentation/json']) {
    const { openapi, paths } = (await (await fetch(broker.address + path)).json()) as {
      openapi: string
      paths: Record<string, Record<string, unknown>>
    }
    t.equal(openapi, '3.1.0')
    const routes = Object.entries(paths).flatMap(([route, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
    )
    const surface = [
      'POST /instances',
      'GET /instances',
      'GET /instances/{id}',
      'PATCH /instances/{id}',
      'DELETE /instances/{id}',
      'GET /instances/{id}/status',
      ...['connect', 'disconnect', 'restart', 'logout'].map((act) => `POST /instances/{id}/${act}`),
      'GET /instances/{id}/qr',
      'GET /instances/{id}/qr.png',
      'POST /instances/{id}/pair',
      ...['send-text', 'messages', 'send-media', 'send-poll'].map((door) => `POST /instances/{id}/${door}`),
      'POST /instances/{id}/exists',
      'GET /instances/{id}/groups',
      'POST /instances/{id}/media/download',
      'POST /instances/{id}/presence',
      'POST /instances/{id}/read',
      'POST /instances/{id}/forget',
      'GET /instances/{id}/metrics',
    ]
    t.same(
      surface.filter((route) => !routes.includes(route)),
      [],
    )
  }
})
