import { commit } from '@carteiro/domain/events/unit-of-work'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { reconcile } from './reconcile.ts'

t.test('what is due is compared to its end and counted; a process that stops leaves the rest', async (t) => {
  const domain = await startDomain(t)
  const { db, logger } = domain
  const registry = createRegistry()
  const lifecycle = createLifecycle(logger)
  const dependencies = { ...domain, lifecycle, report: createReport(registry, logger) }
  await commit(domain, (work) => saveMessage(work, messageEnvelope()))
  await sql`update ticket set first_inbound_at = null`.execute(db)

  await reconcile(dependencies)
  t.match(await registry.metrics(), /whatsapp_timeline_repaired_total 1/)
  const { first_inbound_at: at } = await db
    .selectFrom('ticket')
    .select('first_inbound_at')
    .executeTakeFirstOrThrow()
  t.equal(at?.toISOString(), '2024-05-02T13:05:00.000Z')

  await sql`update ticket set first_inbound_at = null`.execute(db)
  await sql`update timeline_reconciliation set requested_at = clock_timestamp()`.execute(db)
  await lifecycle.stop()
  await reconcile(dependencies)
  t.match(await registry.metrics(), /whatsapp_timeline_repaired_total 1/)
})
