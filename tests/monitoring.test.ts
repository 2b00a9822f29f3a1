import { readdir, readFile } from 'node:fs/promises'
import { cancelDelivery } from '@carteiro/domain/outbox/cancel-delivery'
import { claim } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { retryDelivery } from '@carteiro/domain/outbox/retry-delivery'
import { settle } from '@carteiro/domain/outbox/settle'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { sql } from 'kysely'
import t from 'tap'

const ROOT = new URL('../', import.meta.url)
const page = await readFile(new URL('docs/monitoring.md', ROOT), 'utf8')
const domain = await startDomain(t)
const { db } = domain

/** The page's questions, asked for the tests' tenant. */
const questions = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, text = '']) =>
  text.replaceAll(`'demo'`, `'acme'`),
)

async function ask(about: RegExp): Promise<Record<string, unknown>[]> {
  const [question, ...others] = questions.filter((text) => about.test(text))
  if (question === undefined || others.length > 0) throw new Error(`one question, please: ${about}`)
  return (await sql.raw<Record<string, unknown>>(question).execute(db)).rows
}

async function queue(fields: Parameters<typeof outboundRequest>[0]): Promise<string> {
  const result = await queueMessage(domain, outboundRequest(fields))
  if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
  return result.id
}

const act = (id: string) => ({ tenantId: 'acme', id, actor: 'test', requestId: 'request-1' })
const failed = { status: 'failed', fault: 'message', code: 'INVALID_TO', message: 'nobody' } as const

async function failAll(): Promise<void> {
  const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
  for (const delivery of await claim(domain, { ...instance, limit: 10, claimSeconds: 60 })) {
    await settle(domain, delivery, failed)
  }
}

const retried = await queue({ to: '+5511911110001', idempotencyKey: 'demo-answer-1' })
await failAll()
await retryDelivery(domain, act(retried))
await failAll()
await cancelDelivery(domain, act(await queue({ to: '+5511911110002' })))
await queue({ to: '+5511911110003' })
await queueMessage(domain, outboundRequest({ to: '+5511911110004', purpose: 'marketing' }))
await sql`insert into instance_circuit (tenant_id, instance_id, open_until) values ('acme', 'acme-phone', now())`.execute(
  db,
)

t.test('every question of the page can be asked as it stands', async (t) => {
  t.equal(questions.length, 9)
  for (const question of questions) {
    t.ok((await sql.raw(question).execute(db)).rows.length > 0, question)
  }
})

t.test('the answers are what the page says', async (t) => {
  t.same(await ask(/group by state/), [
    { state: 'CANCELLED', count: 1 },
    { state: 'FAILED', count: 1 },
    { state: 'QUEUED', count: 1 },
  ])
  t.match(await ask(/state = 'FAILED'/), [{ id: retried, error_code: 'INVALID_TO', error_message: 'nobody' }])
  t.match(await ask(/join delivery_attempt/), [
    { id: retried, generation: 0, number: 1, outcome: 'failed', fault: 'message' },
    { id: retried, generation: 1, number: 1, outcome: 'failed', fault: 'message' },
  ])
  t.match(await ask(/as oldest/), [{ instance_id: 'acme-phone', connected: true, count: 1 }])
  t.match(await ask(/BLOCKED_BY_POLICY/), [{ actor: 'test', details: { purpose: 'marketing' } }])
})

/** All that a process may write to the log. */
async function sourceOf(process: string): Promise<string> {
  const folder = new URL(`apps/${process}/src/`, ROOT)
  const files = (await readdir(folder, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file))
  return (await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))).join('\n')
}

t.test('every line that the page tells to watch is written by its process', async (t) => {
  const lines = [...page.matchAll(/^\| `([^`]+)` \| (api|worker|broker) \|/gm)]
  t.ok(lines.length > 20)
  for (const [, line = '', process = ''] of lines) {
    t.ok((await sourceOf(process)).includes(`'${line}'`), line)
  }
})

t.test('every metric that the page draws is one that a process has', async (t) => {
  const sources = (await Promise.all(['api', 'worker', 'broker'].map(sourceOf))).join('\n')
  const metrics = [...page.matchAll(/`(whatsapp_\w+)`/g)].map(([, name = '']) => name)
  t.ok(metrics.length > 5)
  for (const name of metrics) t.ok(sources.includes(`'${name}'`), name)
})
