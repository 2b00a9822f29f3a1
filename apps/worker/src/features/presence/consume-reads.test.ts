import { randomBytes } from 'node:crypto'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { markTicketRead } from '@carteiro/domain/tickets/mark-read'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import t from 'tap'
import { createGraphClient } from '../../graph/graph-client.ts'
import { createReport } from '../../report.ts'
import { consumeReads } from './consume-reads.ts'

const MANY = 25

let last = 0
const domain = await startDomain(t)

/** A customer of an instance wrote, and was read. */
async function readOne(instanceId: string): Promise<void> {
  const phone = `+55119${String(33410000 + ++last)}`
  const result = await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone, instanceId })))
  if (result.status !== 'saved') throw new Error(result.status)
  await markTicketRead(domain, { tenantId: 'acme', id: result.ticketId })
}

t.test('an instance that hangs holds up nobody else\u2019s read receipts', async (t) => {
  const { db, logger } = domain
  await createInstance(db, { id: 'acme-second', tenantId: 'acme', name: 'Second' })
  await db.updateTable('instance').set({ connected: true }).execute()
  for (let n = 0; n < MANY; n++) await readOne('acme-phone')
  for (let n = 0; n < 3; n++) await readOne('acme-second')

  const lifecycle = createLifecycle(logger)
  const graph = createGraphClient({ baseUrl: 'http://127.0.0.1:9', version: 'v25.0' })
  t.teardown(() => graph.close())
  const hanging = Promise.withResolvers<void>()
  const allOfSecond = Promise.withResolvers<void>()
  const told = { 'acme-phone': 0, 'acme-second': 0 }
  const broker = {
    markRead: async (instanceId: string) => {
      if (instanceId === 'acme-phone') {
        told[instanceId]++
        await hanging.promise
      } else if (instanceId === 'acme-second' && ++told[instanceId] === 3) allOfSecond.resolve()
      return { status: 'done' as const, value: { read: [], unknown: [] } }
    },
    setPresence: async () => ({ status: 'done' as const, value: null }),
  }
  consumeReads({
    ...{ db, logger, lifecycle, graph, broker },
    seal: createSeal(randomBytes(32)),
    report: createReport(createRegistry(), logger),
    config: { WHATSAPP_BROKER_TIMEOUT_MS: 30_000 },
  })
  await allOfSecond.promise
  t.equal(told['acme-phone'], 2, 'the others of it wait')
  hanging.resolve()
  await lifecycle.stop()
})
