import { documentation } from '@carteiro/runtime/documentation'
import { createHttpServer, type HttpServer } from '@carteiro/runtime/http-server'
import { measureRequests } from '@carteiro/runtime/metrics'
import type { Dependencies } from './dependencies.ts'
import { activityRoutes } from './features/activity/routes.ts'
import { connectCloudRoute } from './features/cloud-webhook/connect-route.ts'
import { isCloudBody, receiveCloud } from './features/cloud-webhook/receive.ts'
import { cloudWebhookRoutes } from './features/cloud-webhook/routes.ts'
import { consentRoutes } from './features/contacts/consent-routes.ts'
import { contactRoutes } from './features/contacts/routes.ts'
import { deadLetterRoutes } from './features/dead-letters/routes.ts'
import { eventRoutes } from './features/events/routes.ts'
import { flowRoutes } from './features/flow/routes.ts'
import { gatewayRoutes } from './features/gateway/routes.ts'
import { instanceRoutes } from './features/instances/routes.ts'
import { jobRoutes } from './features/jobs/routes.ts'
import { keyRoutes } from './features/keys/routes.ts'
import { mediaRetryRoute } from './features/media/retry-route.ts'
import { mediaRoutes } from './features/media/routes.ts'
import { messageRoutes } from './features/messages/routes.ts'
import { notificationRoutes } from './features/notifications/routes.ts'
import { operationsRoutes } from './features/operations/routes.ts'
import { outboundActRoutes } from './features/outbound/act-routes.ts'
import { chatRoutes } from './features/outbound/chat-routes.ts'
import { outboundListRoutes } from './features/outbound/list-routes.ts'
import { outboundRoutes } from './features/outbound/routes.ts'
import { eraseRoutes } from './features/persons/erase-routes.ts'
import { exportRoute } from './features/persons/export-route.ts'
import { queueRoutes } from './features/queues/routes.ts'
import { searchRoutes } from './features/search/routes.ts'
import { settingsRoutes } from './features/settings/routes.ts'
import { templateRoutes } from './features/templates/routes.ts'
import { ticketActRoutes } from './features/tickets/act-routes.ts'
import { reconciliationRoutes } from './features/tickets/reconciliation-routes.ts'
import { ticketRoutes } from './features/tickets/routes.ts'
import { uploadRoutes } from './features/uploads/routes.ts'
import { createArrivalOrder } from './features/webhooks/arrival-order.ts'
import { createIngest } from './features/webhooks/ingest.ts'
import { webhookRoutes } from './features/webhooks/routes.ts'
import { authentication } from './plugins/authentication.ts'
import { rateLimit } from './plugins/rate-limit.ts'

/** The API, ready to listen or to be injected into. Features stand in reading order: in, out, look, run. */
export async function createApp(dependencies: Dependencies): Promise<HttpServer> {
  const app = createHttpServer({
    logger: dependencies.logger,
    // The longest that a request may take to come; the others are small.
    requestTimeoutMs: Math.max(30, dependencies.config.UPLOAD_TIMEOUT_SECONDS + 10) * 1_000,
  })
  measureRequests(app, dependencies.registry)
  await app.register(documentation, {
    title: 'Carteiro',
    description: 'Backend of a WhatsApp team inbox.',
    pagePath: '/docs',
    jsonPath: '/openapi.json',
  })
  await app.register(authentication, dependencies)
  await app.register(rateLimit, dependencies)

  // One for both doors: the bound on what waits in memory is the process's.
  const inbound = { ...dependencies, ...createIngest(dependencies), inArrivalOrder: createArrivalOrder() }
  await app.register(webhookRoutes, {
    ...inbound,
    isCloudBody,
    receiveCloud: (request) => receiveCloud(inbound, request),
  })
  await app.register(cloudWebhookRoutes, inbound)
  await app.register(outboundRoutes, dependencies)
  await app.register(chatRoutes, dependencies)
  await app.register(outboundListRoutes, dependencies)
  await app.register(outboundActRoutes, dependencies)
  await app.register(gatewayRoutes, dependencies)
  await app.register(templateRoutes, dependencies)
  await app.register(ticketRoutes, dependencies)
  await app.register(reconciliationRoutes, dependencies)
  await app.register(ticketActRoutes, dependencies)
  await app.register(searchRoutes, dependencies)
  await app.register(queueRoutes, dependencies)
  await app.register(notificationRoutes, dependencies)
  await app.register(contactRoutes, dependencies)
  await app.register(consentRoutes, dependencies)
  await app.register(messageRoutes, dependencies)
  await app.register(exportRoute, dependencies)
  await app.register(eraseRoutes, dependencies)
  await app.register(mediaRoutes, dependencies)
  await app.register(mediaRetryRoute, dependencies)
  await app.register(uploadRoutes, dependencies)
  await app.register(instanceRoutes, dependencies)
  await app.register(connectCloudRoute, dependencies)
  await app.register(keyRoutes, dependencies)
  await app.register(settingsRoutes, dependencies)
  await app.register(flowRoutes, dependencies)
  await app.register(activityRoutes, dependencies)
  await app.register(eventRoutes, dependencies)
  await app.register(deadLetterRoutes, dependencies)
  await app.register(jobRoutes, dependencies)
  await app.register(operationsRoutes, dependencies)
  await app.ready()
  return app
}
