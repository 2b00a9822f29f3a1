import { TemplateDefinition } from '@carteiro/contracts/template'
import { connect } from '@carteiro/database/connect'
import { createKey } from '@carteiro/domain/keys/create-key'
import { PACE_OFF } from '@carteiro/domain/outbox/settings'
import { ensureTemplate } from '@carteiro/domain/templates/put-template'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { createLogger } from '@carteiro/runtime/logger'

/** The tenant of a development stack. */
export const DEMO_TENANT = 'demo'

const WELCOME = {
  body: 'Hello {{name}}, welcome! How can we help you?',
  variables: [{ name: 'name', type: 'text' }],
}

/**
 * Makes tenant `demo`, which has no pace, its API key and the template `welcome_message` in English, unless they are
 * there.
 */
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
    await ensureTemplate(connection, {
      tenantId: DEMO_TENANT,
      code: 'welcome_message',
      language: 'en',
      actor: 'bootstrap',
      definition: TemplateDefinition.parse(WELCOME),
    })
  } finally {
    await connection.close()
  }
}
