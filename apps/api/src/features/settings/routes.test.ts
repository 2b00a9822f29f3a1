import { OUTBOUND_QUEUE } from '@carteiro/queue/jobs'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)

const TENANT = '/api/v1/settings'
const INSTANCE = '/api/integrations/whatsapp/instances/acme-phone'

const get = async (url: string, key = keys.acme) =>
  (await app.inject({ url, headers: { 'x-api-key': key } })).json()
const patch = (url: string, payload: object, key = keys.acme) =>
  app.inject({ method: 'PATCH', url, headers: { 'x-api-key': key }, payload })

const DEFAULTS = {
  pace: { perMinute: 20, burst: 5, firstContactsPerDay: 50 },
  hours: null,
  timezone: 'UTC',
  outbox: { retryMinutes: null },
  consent: { service: 'unless_denied' },
}

t.beforeEach(async () => {
  await sql`update tenant set settings = '{}'`.execute(db)
  await sql`update instance set settings = '{}', name = 'Phone'`.execute(db)
})

t.test('what a tenant has not said is the default, and is told', async (t) => {
  t.same(await get(TENANT), DEFAULTS)
})

t.test('a change keeps what it leaves out, and null returns to the default', async (t) => {
  const said = { pace: { perMinute: 40, burst: 9 }, hours: { from: '08:00', to: '20:00' } }
  t.equal((await patch(TENANT, said)).statusCode, 200)
  const more = { timezone: 'America/Sao_Paulo', outbox: { retryMinutes: [0, 0.5] }, pace: { perMinute: 60 } }
  await patch(TENANT, more)
  await patch(TENANT, { consent: { service: 'granted' } })
  t.same(await get(TENANT), {
    pace: { perMinute: 60, burst: 9, firstContactsPerDay: 50 },
    hours: said.hours,
    timezone: 'America/Sao_Paulo',
    outbox: { retryMinutes: [0, 0.5] },
    consent: { service: 'granted' },
  })
  const back = {
    pace: { perMinute: null, burst: null },
    hours: null,
    timezone: null,
    outbox: null,
    consent: null,
  }
  t.same((await patch(TENANT, back)).json(), DEFAULTS)
})

t.test('what stands in the settings beside these stays', async (t) => {
  await sql`update tenant set settings = '{"brand": {"name": "Acme"}}' where id = 'acme'`.execute(db)
  await patch(TENANT, { timezone: 'Europe/Rome' })
  const { settings } = await db
    .selectFrom('tenant')
    .select('settings')
    .where('id', '=', 'acme')
    .executeTakeFirstOrThrow()
  t.same(settings, { brand: { name: 'Acme' }, timezone: 'Europe/Rome' })
})

t.test('an instance has a name and settings of its own, and the rest of its tenant', async (t) => {
  t.same((await get(INSTANCE)).settings, {})
  const settings = { pace: { perMinute: 5 }, hours: { from: '22:00', to: '06:00' } }
  t.match((await patch(INSTANCE, { name: ' Sales ', settings })).json(), {
    id: 'acme-phone',
    name: 'Sales',
    settings,
  })
  t.same((await patch(INSTANCE, { settings: { pace: null, timezone: 'Europe/Rome' } })).json().settings, {
    hours: settings.hours,
    timezone: 'Europe/Rome',
  })
  t.match(await get(INSTANCE), { name: 'Sales', settings: { timezone: 'Europe/Rome' } })
  t.same(await get(TENANT), DEFAULTS, 'the tenant\u2019s are its own')
})

t.test('a change is in the audit trail with who made it, and the workers look anew', async (t) => {
  await sql`update instance set connected = true`.execute(db)
  const nudges = () => domain.queue.boss.fetch(OUTBOUND_QUEUE, { batchSize: 10 })
  await nudges()
  for (const [url, payload, entityType, entityId] of [
    [TENANT, { pace: { perMinute: 7 } }, 'tenant', 'acme'],
    [INSTANCE, { settings: { pace: { perMinute: 8 } } }, 'instance', 'acme-phone'],
  ] as const) {
    await patch(url, payload)
    const { items } = await get(`/api/audit-events?entityType=${entityType}&entityId=${entityId}`)
    const details = 'settings' in payload ? payload : { settings: payload }
    t.match(items[0], { action: 'UPDATED', actor: /^key:/, entityType, entityId, details })
    t.match(await nudges(), [{ data: { tenantId: 'acme', instanceId: 'acme-phone' } }])
  }
})

const tooLong = Array(21).fill(1)
const wrong: [payload: object, path: string][] = [
  [{ pace: { perMinute: -1 } }, 'pace.perMinute'],
  [{ pace: { perMinute: 1_000_001 } }, 'pace.perMinute'],
  [{ pace: { perMinute: '20' } }, 'pace.perMinute'],
  [{ pace: { burst: 0 } }, 'pace.burst'],
  [{ pace: { burst: 1.5 } }, 'pace.burst'],
  [{ pace: { burst: 1_001 } }, 'pace.burst'],
  [{ pace: { firstContactsPerDay: -1 } }, 'pace.firstContactsPerDay'],
  [{ pace: { perHour: 1 } }, 'pace'],
  [{ pace: 20 }, 'pace'],
  [{ hours: { from: '8:00', to: '20:00' } }, 'hours.from'],
  [{ hours: { from: '08:00' } }, 'hours.to'],
  [{ hours: { from: '08:00', to: '24:00' } }, 'hours.to'],
  [{ timezone: 'Mars/Olympus' }, 'timezone'],
  [{ timezone: '+03:00' }, 'timezone'],
  [{ timezone: '' }, 'timezone'],
  [{ outbox: { retryMinutes: [] } }, 'outbox.retryMinutes'],
  [{ outbox: { retryMinutes: [-1] } }, 'outbox.retryMinutes.0'],
  [{ outbox: { retryMinutes: tooLong } }, 'outbox.retryMinutes'],
  [{ outbox: { attempts: 3 } }, 'outbox'],
]

t.test('a value that cannot be is refused by its field, and nothing is changed', async (t) => {
  for (const [settings, path] of wrong) {
    const { details } = matchProblem(
      t,
      await patch(TENANT, { timezone: 'UTC', ...settings }),
      400,
      'VALIDATION_ERROR',
    )
    t.match(details, [{ path: `body.${path}` }], JSON.stringify(settings))
    const ofInstance = matchProblem(t, await patch(INSTANCE, { settings }), 400, 'VALIDATION_ERROR')
    t.match(ofInstance.details, [{ path: `body.settings.${path}` }], JSON.stringify(settings))
  }
  t.same(await get(TENANT), DEFAULTS)
  t.same((await get(INSTANCE)).settings, {})
})

t.test('a member that is not known is refused by its name', async (t) => {
  for (const [url, payload, name] of [
    [TENANT, { speed: 1 }, 'speed'],
    [TENANT, { consent: { marketing: 'granted' } }, 'marketing'],
    [INSTANCE, { status: 'connected' }, 'status'],
    [INSTANCE, { settings: { consent: { service: 'granted' } } }, 'consent'],
  ] as const) {
    const { details } = matchProblem(t, await patch(url, payload), 400, 'VALIDATION_ERROR')
    t.match(details, [{ message: new RegExp(name) }], JSON.stringify(payload))
  }
  matchProblem(t, await patch(INSTANCE, { name: '' }), 400, 'VALIDATION_ERROR')
})

t.test('a time zone that the database does not know is refused: its claims would fail', async (t) => {
  const refused: [url: string, payload: object, path: string][] = [
    [TENANT, { timezone: 'AET' }, 'body.timezone'],
    [INSTANCE, { settings: { timezone: 'AET' } }, 'body.settings.timezone'],
  ]
  for (const [url, payload, path] of refused) {
    t.match(matchProblem(t, await patch(url, payload), 400, 'VALIDATION_ERROR').details, [{ path }])
  }
  t.equal((await patch(TENANT, { timezone: 'europe/rome' })).statusCode, 200, 'in any case')
})

t.test('only an administrator may look at the tenant\u2019s or change them', async (t) => {
  const key = await keyWith('read', 'send')
  matchProblem(t, await app.inject({ url: TENANT, headers: { 'x-api-key': key } }), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await patch(TENANT, {}, key), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await patch(INSTANCE, {}, key), 403, 'INSUFFICIENT_SCOPE')
})

t.test('another tenant\u2019s instance is not there, and its settings are its own', async (t) => {
  matchProblem(t, await patch(INSTANCE, { name: 'Mine' }, keys.other), 404, 'INSTANCE_NOT_FOUND')
  await patch(TENANT, { timezone: 'Europe/Rome' }, keys.other)
  t.same(await get(TENANT), DEFAULTS)
})
