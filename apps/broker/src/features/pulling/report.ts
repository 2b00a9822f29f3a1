import type { Logger } from '@carteiro/runtime/logger'
import { Counter, type Registry } from '@carteiro/runtime/metrics'
import type { OfferedMessage } from './offered-message.ts'
import type { PulledFailure, PulledMessage } from './pulled-messages.ts'

/** Every metric and every log line of a broker that takes its messages from the gateway. */
export type PullReport = ReturnType<typeof createPullReport>

type Named = Pick<PulledMessage, 'messageId' | 'instanceId'>

export function createPullReport({ logger, registry }: { logger: Logger; registry: Registry }) {
  const reconnects = new Counter({
    name: 'whatsapp_gateway_reconnects_total',
    help: 'Times that the stream of messages ended and was opened again',
    registers: [registry],
  })
  return {
    connected: (lastEventId: number | undefined, instanceIds: string[]) =>
      logger.info({ lastEventId: lastEventId ?? null, instanceIds }, 'connected to gateway'),
    ended: (err: unknown) => {
      reconnects.inc()
      logger.warn({ err }, 'the stream of messages ended, connecting again')
    },
    instanceRefused: (instanceId: string, reason: string) =>
      logger.warn({ instanceId, reason }, 'the gateway offers nothing of this instance'),
    unreadable: (eventId: string | undefined) => logger.warn({ eventId }, 'an event was not understood'),
    received: ({ messageId, instanceId, seq }: OfferedMessage, isNew: boolean) =>
      logger.info(
        { messageId, instanceId, eventId: seq },
        isNew ? 'received message' : 'received message again',
      ),
    sending: ({ messageId, instanceId }: Named, attempt: number) =>
      logger.info({ messageId, instanceId, attempt }, 'sending message to WhatsApp'),
    sent: ({ messageId, instanceId }: Named, externalId: string) =>
      logger.info({ messageId, instanceId, externalId }, 'message sent'),
    failed: (
      { messageId, instanceId }: Named,
      { code, message: reason, retriable }: PulledFailure,
      willTry: boolean,
    ) => logger.warn({ messageId, instanceId, code, reason, retriable, willTry }, 'message not sent'),
    reportWaits: (messageId: string, reason: string) =>
      logger.warn({ messageId, reason }, 'the gateway was not told yet, trying again'),
    reportRefused: (messageId: string, reason: string) =>
      logger.warn({ messageId, reason }, 'the gateway does not take what became of the message'),
    roundFailed: (round: string, err: unknown) => logger.warn({ round, err }, 'a round of pulling failed'),
  }
}
