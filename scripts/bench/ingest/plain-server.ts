import { MessageInboundEvent } from '@carteiro/contracts/broker-event'
import fastify from 'fastify'

/**
 * A webhook without promises: validates the event with zod, hands it to `store`, answers 202. Nothing is verified,
 * resolved or put in order.
 */
export async function startPlainServer(
  store: (event: ReturnType<typeof MessageInboundEvent.parse>) => Promise<unknown>,
): Promise<void> {
  const server = fastify({ logger: false })
  server.get('/readyz', async () => ({ status: 'ok' }))
  server.post('/api/integrations/whatsapp/webhook', async (request, reply) => {
    await store(MessageInboundEvent.parse(request.body))
    return reply.status(202).send({ accepted: true, queued: 1 })
  })
  await server.listen({ host: '127.0.0.1', port: Number(process.env.API_PORT) })
  process.on('SIGTERM', () => process.exit(0))
}
