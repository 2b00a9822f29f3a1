import {
  BrokerInstance,
  type CreateBrokerInstance,
  type MediaDownloadBody,
} from '@carteiro/contracts/broker-api'
import type { BrokerOutboundBody } from '@carteiro/contracts/broker-send'
import { type BrokerFailure, failureOf } from './faults.ts'
import { readSent, refusalInBody } from './read-sent.ts'
import { type BrokerRequest, type BrokerStream, createTransport, type TransportOptions } from './request.ts'
import { unwrapAnswer } from './unwrap-answer.ts'

/** How a send ended: taken by the broker (and acknowledged by WhatsApp, or not yet), or not. */
export type SendResult =
  | { status: 'sent' | 'pending'; providerMessageId: string; response: unknown }
  | BrokerFailure

/** What an instance's request gave: the instance as the broker sees it, or why not. */
export type InstanceResult = { status: 'done'; instance: BrokerInstance } | BrokerFailure

/** A file on its way, or why it is not. */
export type MediaResult = ({ status: 'done' } & Omit<BrokerStream, 'kind'>) | BrokerFailure

export interface CallOptions {
  requestId: string
}

/** Our broker over HTTP. No call throws for what a network or a broker may do, and none is repeated here. */
export interface BrokerClient {
  sendMessage(
    instanceId: string,
    message: BrokerOutboundBody,
    options: CallOptions & { idempotencyKey: string },
  ): Promise<SendResult>
  /** Making what exists already is `done`, too. */
  ensureInstance(
    instance: CreateBrokerInstance & { id: string },
    options: CallOptions,
  ): Promise<InstanceResult>
  getStatus(instanceId: string, options: CallOptions): Promise<InstanceResult>
  connect(instanceId: string, options: CallOptions): Promise<InstanceResult>
  disconnect(instanceId: string, options: CallOptions): Promise<InstanceResult>
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
  const { request, open, close } = createTransport(options)

  const instanceRequest = async (
    call: BrokerRequest,
    { requestId }: CallOptions,
  ): Promise<InstanceResult> => {
    const reply = await request({ ...call, headers: { 'x-request-id': requestId } })
    if (reply.kind !== 'answer' || reply.status >= 300) return failureOf(reply)
    const instance = unwrapAnswer(reply.body)
      .map((answer) => BrokerInstance.safeParse(answer))
      .find(({ success }) => success)?.data
    if (!instance) {
      return {
        status: 'failed',
        fault: 'channel',
        code: 'UNKNOWN_ERROR',
        message: 'The broker\u2019s answer cannot be read.',
      }
    }
    return { status: 'done', instance }
  }
  const pathOf = (instanceId: string) => `/instances/${encodeURIComponent(instanceId)}`
  const getInstance = (instanceId: string, call: CallOptions) =>
    instanceRequest({ method: 'GET', path: pathOf(instanceId) }, call)

  return {
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
    ensureInstance: async (instance, call) => {
      const made = await instanceRequest({ method: 'POST', path: '/instances', body: instance }, call)
      const exists = made.status === 'failed' && made.code === 'INSTANCE_ALREADY_EXISTS'
      return exists ? getInstance(instance.id, call) : made
    },
    getStatus: getInstance,
    connect: (instanceId, call) =>
      instanceRequest({ method: 'POST', path: `${pathOf(instanceId)}/connect` }, call),
    disconnect: (instanceId, call) =>
      instanceRequest({ method: 'POST', path: `${pathOf(instanceId)}/disconnect` }, call),
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
