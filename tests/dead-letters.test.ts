import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueDead } from '@carteiro/queue/enqueue'
import { inboundQueue } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import t from 'tap'

const domain = await startDomain(t)
const execute = promisify(execFile)

const carteiro = async (...args: string[]) => {
  const env = { ...process.env, DATABASE_URL: domain.url }
  const { stdout } = await execute(process.execPath, ['scripts/carteiro.ts', '--json', ...args], { env })
  return JSON.parse(stdout)
}

const envelopes = ['1', '2', '3'].map((text) => messageEnvelope({ text }))
for (const envelope of envelopes) {
  const dead = { envelope, error: 'no room', attempts: 3, at: new Date().toISOString() }
  await domain.db.transaction().execute((transaction) => enqueueDead(domain.queue, transaction, dead))
}

t.test('an operator lists what was set aside, and lets one or all be tried again', async (t) => {
  const list = (tenant = 'acme') => carteiro('dead-letters', 'list', '--tenant', tenant)
  const letters = await list()
  t.match(letters, [{ error: 'no room', envelope: { message: { text: '1' } } }, {}, {}])
  t.same(await list('other'), [])
  const redrive = (...args: string[]) => carteiro('dead-letters', 'redrive', '--tenant', ...args)
  await t.rejects(redrive('other', letters[0].id), /no dead letter/)
  t.same(await redrive('acme', letters[1].id), { tenant: 'acme', redriven: 1 })
  t.same(await redrive('acme', '--all'), { tenant: 'acme', redriven: 2 })
  t.same(await list(), [])

  const [first] = envelopes
  const queue = inboundQueue(shardOf('acme', first?.chatKey ?? ''))
  const jobs = await domain.queue.boss.fetch<{ number: number; envelopes: { id: string }[] }>(queue, {
    batchSize: 9,
  })
  const inOrder = jobs.map(({ data }) => data).sort((a, b) => a.number - b.number)
  t.same(
    inOrder.map((job) => job.envelopes[0]?.id),
    [1, 0, 2].map((n) => envelopes[n]?.id),
  )
})
