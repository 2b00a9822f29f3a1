import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t from 'tap'
import { readWorkerConfig } from '../../config.ts'
import { createReport } from '../../report.ts'
import { retain } from './retain.ts'

t.test('a round lets go what is old, and tells what went and what is kept', async (t) => {
  const { db, url, logger } = await startDomain(t)
  const registry = createRegistry()
  const config = readWorkerConfig({ DATABASE_URL: url, RETENTION_DAYS_EVENTS: '10' })
  t.match(config, { RETENTION_DAYS_DELIVERIES: 90, RETENTION_DAYS_AUDIT: 400 })
  await sql`create table event_old partition of event for values from ('2020-01-01') to ('2020-01-02')`.execute(
    db,
  )
  await sql`select ensure_audit_partitions(0, now() - interval '15 months')`.execute(db)
  const report = createReport(registry, logger)
  await retain({ config, db, lifecycle: createLifecycle(logger), report })
  const metrics = await registry.metrics()
  t.match(metrics, /whatsapp_retention_deleted_total\{what="deliveries"\} 0\n/)
  t.match(metrics, /whatsapp_retention_deleted_total\{what="lanes"\} 0\n/)
  t.match(metrics, /whatsapp_retention_deleted_total\{what="event_days"\} 1\n/)
  t.match(metrics, /whatsapp_retention_deleted_total\{what="audit_months"\} [12]\n/)
  t.match(metrics, /whatsapp_retention_run_timestamp_seconds 1\d{9}/)
  t.match(metrics, /whatsapp_kept_bytes\{table="delivery"\} [1-9]/)
  t.match(metrics, /whatsapp_kept_rows\{table="audit_entry"\} \d/)
})

t.test('nothing can be kept for less than a day', async (t) => {
  for (const variable of ['RETENTION_DAYS_DELIVERIES', 'RETENTION_DAYS_EVENTS', 'RETENTION_DAYS_AUDIT']) {
    for (const value of ['0', '-1', 'all']) {
      const env = { DATABASE_URL: 'postgres://127.0.0.1/x', [variable]: value }
      t.throws(() => readWorkerConfig(env), { message: new RegExp(variable) })
    }
  }
})
