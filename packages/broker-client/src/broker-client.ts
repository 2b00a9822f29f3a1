import type { MediaDownloadBody } from '@carteiro/contracts/broker-api'
import type { BrokerOutboundBody } from '@carteiro/contracts/broker-send'
import { type BrokerFailure, failureOf } from './faults.ts'
import { type CallOptions, createInstanceSurface, type InstanceSurface, pathOf } from './instance-surface.ts'
import { readSent, refusalInBody } from './read-sent.ts'
import { type BrokerStream, createTransport, type TransportOptions } from './request.ts'

export type { BrokerResult, CallOptions, InstanceResult } from './instance-surface.ts'

/** How a send ended: taken by the broker (and acknowledged by WhatsApp, or not yet), or not. */
export type SendResult =
  | { status: 'sent' | 'pending'; providerMessageId: string; response: unknown }
  | BrokerFailure

/** A file on its way, or why it is not. */
export type MediaResult = ({ status: 'done' } & Omit<BrokerStream, 'kind'>) | BrokerFailure

/** Our broker over HTTP. No call throws for what a network or a broker may do, and none is repeated here. */
export interface BrokerClient extends InstanceSurface {
  sendMessage(
    instanceId: string,
    message: BrokerOutboundBody,
    options: CallOptions & { idempotencyKey: string },
  ): Promise<SendResult>
  /**
   * Opens a message's file; the body must be read or destroyed.
   *
   * @throws the signal's reason, which alone ends a call from this side
   */
  downloadMedia(
    instanceId: string,
    media: MediaDownloadBody,
    options: CallOptions & { signal: AbortSignal },
  ): Promise<MediaResult>
  close(): Promise<void>
}

/**
 * @param options.timeoutMs longer than the broker's own bound on a send (25 s), so that its answer is heard
 */
export function createBrokerClient(options: TransportOptions): BrokerClient {
  const transport = createTransport(options)
  const { request, open, close } = transport
  return {
    ...createInstanceSurface(transport),
    sendMessage: async (instanceId, message, { idempotencyKey, requestId }) => {
      const reply = await request({
        method: 'POST',
        path: `${pathOf(instanceId)}/send-text`,
        body: message,
        headers: { 'idempotency-key': idempotencyKey, 'x-request-id': requestId },
      })
      if (reply.kind !== 'answer' || reply.status >= 300) return failureOf(reply)
      const refused = refusalInBody(reply.body)
      if (refused !== undefined) return failureOf({ ...reply, status: refused })
      return { ...readSent(reply.body, message.externalId || idempotencyKey), response: reply.body }
    },
    downloadMedia: async (instanceId, media, { requestId, signal }) => {
      const path = `${pathOf(instanceId)}/media/download`
      const headers = { 'x-request-id': requestId }
      const reply = await open({ method: 'POST', path, body: media, headers }, signal)
      if (reply.kind !== 'stream') return failureOf(reply)
      const { body, contentType, size } = reply
      return { status: 'done', body, contentType, size }
    },
    close,
  }
}
