import { createHttpServer, type HttpServer } from '@carteiro/runtime/http-server'
import { measureRequests } from '@carteiro/runtime/metrics'
import type { Dependencies } from './dependencies.ts'
import { instanceRoutes } from './features/instances/routes.ts'
import { documentation } from './features/operations/documentation.ts'
import { operationsRoutes } from './features/operations/routes.ts'
import { outboundRoutes } from './features/outbound/routes.ts'
import { ticketRoutes } from './features/tickets/routes.ts'
import { webhookRoutes } from './features/webhooks/routes.ts'
import { authentication } from './plugins/authentication.ts'

/** The API, ready to listen or to be injected into. Features stand in reading order: in, out, look, run. */
export async function createApp(dependencies: Dependencies): Promise<HttpServer> {
  const app = createHttpServer({ logger: dependencies.logger })
  measureRequests(app, dependencies.registry)
  await app.register(documentation)
  await app.register(authentication, dependencies)

  await app.register(webhookRoutes, dependencies)
  await app.register(outboundRoutes, dependencies)
  await app.register(ticketRoutes, dependencies)
  await app.register(instanceRoutes, dependencies)
  await app.register(operationsRoutes, dependencies)
  await app.ready()
  return app
}
