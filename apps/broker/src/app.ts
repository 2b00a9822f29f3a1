import { documentation } from '@carteiro/runtime/documentation'
import { createHttpServer, type HttpServer } from '@carteiro/runtime/http-server'
import type { Logger } from '@carteiro/runtime/logger'
import { measureRequests } from '@carteiro/runtime/metrics'
import { addOperations } from '@carteiro/runtime/operations'
import { VERSION } from '@carteiro/runtime/version'
import { sql } from 'kysely'
import type { Config } from './config.ts'
import type { Dependencies } from './dependencies.ts'
import { existsRoutes } from './features/exists/routes.ts'
import { forgettingRoutes } from './features/forgetting/routes.ts'
import { groupRoutes } from './features/groups/routes.ts'
import { linkingRoutes } from './features/instances/linking-routes.ts'
import { instanceRoutes } from './features/instances/routes.ts'
import { settingsRoutes } from './features/instances/settings-routes.ts'
import { findHolder } from './features/leases/read-leases.ts'
import { mediaRoutes } from './features/media/routes.ts'
import { metricsRoutes } from './features/metrics/routes.ts'
import { presenceRoutes } from './features/presence/routes.ts'
import { sendingRoutes } from './features/sending/routes.ts'
import { statusRoute } from './features/sending/status-route.ts'
import { requireApiKey } from './plugins/authentication.ts'
import { boundBodies } from './plugins/bound-bodies.ts'
import { proxyToHolder } from './plugins/proxy-to-holder.ts'

/** The broker's HTTP surface: what needs no key first, then the features in reading order. */
export function createApp(
  dependencies: Dependencies,
  logger: Logger,
  { WHATSAPP_BROKER_API_KEY: apiKey, BROKER_PROXY: enabled }: Config,
): HttpServer {
  const { connection, registry, leases, brokerId, report } = dependencies
  const server = createHttpServer({ logger, invalidRequest: 'INVALID_PAYLOAD' })
  measureRequests(server, registry)
  addOperations(server, {
    registry,
    version: VERSION,
    checks: [{ name: 'database', check: () => sql`select 1`.execute(connection.db) }],
  })
  server.register(documentation, {
    title: 'Carteiro broker',
    description: 'WhatsApp sessions, and what is sent and looked up by them.',
    pagePath: '/documentation',
    jsonPath: '/openapi.json',
  })

  server.register(async (scope) => {
    const guarded = scope as HttpServer
    requireApiKey(guarded, apiKey)
    boundBodies(guarded)
    const closeProxy = proxyToHolder(guarded, {
      ...{ brokerId, enabled, report },
      current: (id) => leases.current(id),
      findHolder: (id) => findHolder(connection.db, id),
    })
    guarded.addHook('onClose', closeProxy)
    instanceRoutes(guarded, dependencies)
    settingsRoutes(guarded, dependencies)
    statusRoute(guarded, dependencies)
    metricsRoutes(guarded, dependencies)
    guarded.register(async (linking) => linkingRoutes(linking as HttpServer, dependencies))
    sendingRoutes(guarded, dependencies)
    existsRoutes(guarded, dependencies)
    groupRoutes(guarded, dependencies)
    presenceRoutes(guarded, dependencies)
    mediaRoutes(guarded, dependencies)
    forgettingRoutes(guarded, dependencies)
  })
  return server
}
