import { connect } from '@carteiro/database/connect'
import { createKey } from '@carteiro/domain/keys/create-key'
import { PACE_OFF } from '@carteiro/domain/outbox/settings'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { createLogger } from '@carteiro/runtime/logger'

/** The tenant of a development stack. */
export const DEMO_TENANT = 'demo'

/** Makes tenant `demo`, which has no pace, and its API key, unless they are there. */
export async function bootstrap(databaseUrl: string, apiKey: string): Promise<void> {
  const logger = createLogger('bootstrap', 'error')
  const connection = connect({ url: databaseUrl, logger, name: 'bootstrap', maxConnections: 1 })
  try {
    await createTenant(connection, { id: DEMO_TENANT, name: 'Demo', settings: PACE_OFF })
    await createKey(connection, {
      tenantId: DEMO_TENANT,
      name: 'bootstrap',
      scopes: ['admin'],
      secret: apiKey,
      actor: 'bootstrap',
    })
  } finally {
    await connection.close()
  }
}
