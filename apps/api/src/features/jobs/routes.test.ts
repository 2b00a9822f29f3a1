import { Writable } from 'node:stream'
import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import { OUTBOUND_QUEUE, type OutboundNudge } from '@carteiro/queue/jobs'
import { createLogger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const RUNNER = 'your-secure-token-here'
const CRON = 'your-cron-secret-here'

const logged: string[] = []
const log = new Writable({
  write: (chunk, _encoding, done) => {
    logged.push(String(chunk))
    done()
  },
})
const { app, db, domain, keys } = await startApi(t, {
  env: { JOB_RUNNER_TOKEN: RUNNER, CRON_SECRET: CRON },
  logger: createLogger('test', 'trace', log),
})

const DOORS: [method: 'GET' | 'POST', path: string, token: string][] = [
  ['GET', '/api/jobs/run-outbound', RUNNER],
  ['POST', '/api/jobs/run-outbound', RUNNER],
  ['GET', '/api/cron/run-outbound-jobs', CRON],
  ['GET', '/api/jobs/metrics', RUNNER],
]

async function queue(to: string, key = keys.acme): Promise<void> {
  const { statusCode } = await app.inject({
    method: 'POST',
    url: '/api/v1/outbound/messages',
    headers: { 'x-api-key': key },
    payload: { to, text: 'Hello' },
  })
  if (statusCode !== 201) throw new Error(`not queued: ${statusCode}`)
}

const takeNudges = async () =>
  (await domain.queue.boss.fetch<OutboundNudge>(OUTBOUND_QUEUE, { batchSize: 100 }))
    .map(({ data }) => data)
    .sort((a, b) => a.tenantId.localeCompare(b.tenantId))

t.test('each door is opened by its token, in the URL or as Bearer', async (t) => {
  for (const [method, path, token] of DOORS) {
    const inUrl = await app.inject({ method, url: `${path}?token=${token}` })
    t.equal(inUrl.statusCode, 200, `${method} ${path}`)
    const asBearer = await app.inject({ method, url: path, headers: { authorization: `Bearer ${token}` } })
    t.same(asBearer.json(), inUrl.json())
  }
})

t.test('without its token, with a wrong one, or with a tenant\u2019s key a door stays closed', async (t) => {
  for (const [method, path, token] of DOORS) {
    const other = token === RUNNER ? CRON : RUNNER
    for (const given of [undefined, '', 'wrong', `${token} `, token.slice(1), other, keys.acme]) {
      const query = given === undefined ? {} : { token: given }
      matchProblem(t, await app.inject({ method, url: path, query }), 401, 'INVALID_TOKEN')
    }
    const twice = await app.inject({ method, url: `${path}?token=wrong&token=${token}` })
    matchProblem(t, twice, 401, 'INVALID_TOKEN')
    const key = await app.inject({ method, url: path, headers: { 'x-api-key': keys.acme } })
    matchProblem(t, key, 401, 'INVALID_TOKEN')
  }
})

t.test('a run nudges up to max of what is due, those that wait longest first', async (t) => {
  for (const to of ['+5511955580001', '+5511955580002', '+5511955580003']) await queue(to)
  await queue('+5511955580001')
  await queue('+5511955580001', keys.other)
  await takeNudges()
  const run = (max: string) => app.inject({ url: `/api/jobs/run-outbound?token=${RUNNER}&max=${max}` })
  t.same((await run('1')).json(), { due: 4, nudged: 1 })
  t.same(await takeNudges(), [{ tenantId: 'acme', instanceId: 'acme-phone' }])
  t.same((await run('10')).json(), { due: 4, nudged: 4 }, 'one of each recipient may leave at a time')
  t.same(await takeNudges(), [
    { tenantId: 'acme', instanceId: 'acme-phone' },
    { tenantId: 'other', instanceId: 'other-phone' },
  ])
  await db.updateTable('instance').set({ connected: false }).where('id', '=', 'acme-phone').execute()
  t.same((await run('10')).json(), { due: 1, nudged: 1 }, 'what waits for its instance is not due')
  await db.updateTable('instance').set({ connected: true }).execute()
})

t.test('a max that is none is refused', async (t) => {
  for (const max of ['0', '1001', '-1', 'all']) {
    const response = await app.inject({ url: `/api/cron/run-outbound-jobs?token=${CRON}&max=${max}` })
    t.match(matchProblem(t, response, 400, 'VALIDATION_ERROR').details, [{ path: 'querystring.max' }])
  }
})

t.test('the figures tell what waits, what failed, and how long a message took', async (t) => {
  const read = async () => (await app.inject({ url: `/api/jobs/metrics?token=${RUNNER}` })).json()
  t.same(await read(), {
    queued: 5,
    running: 0,
    failedLast24h: 0,
    averageProcessingMs: 0,
    successRate: 1,
  })
  const [sent, sentToo, failed] = await claim(domain, {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    limit: 3,
    claimSeconds: 60,
  })
  if (!sent || !sentToo || !failed) throw new Error('nothing was claimed')
  t.match(await read(), { queued: 2, running: 3 })
  for (const delivery of [sent, sentToo]) {
    const providerMessageId = `3EB0-${delivery.id}`
    await settle(domain, delivery, { status: 'sent', providerMessageId, response: {} })
  }
  await settle(domain, failed, { status: 'failed', fault: 'message', code: 'INVALID_TO', message: 'nobody' })
  await sql`update delivery set created_at = settled_at - interval '2 seconds' where settled_at is not null`.execute(
    db,
  )
  t.same(await read(), {
    queued: 2,
    running: 0,
    failedLast24h: 1,
    averageProcessingMs: 2_000,
    successRate: 2 / 3,
  })
})

t.test('no token stands in any line of the log', async (t) => {
  t.ok(logged.some((line) => line.includes('outbound jobs nudged')))
  for (const secret of [RUNNER, CRON])
    t.same(
      logged.filter((line) => line.includes(secret)),
      [],
    )
})

t.test('while no token is configured the doors say which variable is missing', async (t) => {
  const bare = await startApi(t)
  for (const [method, path] of DOORS) {
    const variable = path.startsWith('/api/cron') ? 'CRON_SECRET' : 'JOB_RUNNER_TOKEN'
    const response = await bare.app.inject({ method, url: path, query: { token: '' } })
    t.same(matchProblem(t, response, 503, 'JOBS_NOT_CONFIGURED').details, { missing: [variable] })
  }
})
