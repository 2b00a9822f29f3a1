import { createTestDatabase, type TestDatabase } from '@carteiro/database/test-database'
import { type Queue, startQueue } from '@carteiro/queue/queue'
import { createLogger, type Logger } from '@carteiro/runtime/logger'
import { createEventNotifier, type EventNotifier } from '../events/notify.ts'
import { createInstance } from '../instances/create-instance.ts'
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../outbox/retry-policy.ts'
import { PACE_OFF } from '../outbox/settings.ts'
import { createTenant } from '../tenants/create-tenant.ts'

export interface TestDomain {
  db: TestDatabase['db']
  url: string
  connection: TestDatabase
  queue: Queue
  notifier: EventNotifier
  logger: Logger
  retryPolicy: RetryPolicy
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

/**
 * The domain on a database of its own, for tests: two tenants (`acme`, `other`), each with a connected instance that
 * has no pace.
 */
export async function startDomain(t: Teardown): Promise<TestDomain> {
  const logger = createLogger('test', 'silent')
  const connection = await createTestDatabase(t)
  const { db, url } = connection
  const queue = await startQueue({ connection, url, logger, role: 'producer' })
  const notifier = createEventNotifier(connection.pool, logger)
  for (const tenantId of ['acme', 'other']) {
    await createTenant({ db }, { id: tenantId, name: tenantId, settings: PACE_OFF })
    await createInstance(db, { id: `${tenantId}-phone`, tenantId, name: 'Phone' })
  }
  await db.updateTable('instance').set({ status: 'connected', connected: true }).execute()
  t.teardown(async () => {
    await notifier.stop()
    await queue.stop()
  })
  return { db, url, connection, queue, notifier, logger, retryPolicy: DEFAULT_RETRY_POLICY }
}
