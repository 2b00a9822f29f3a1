import { buffer } from 'node:stream/consumers'
import {
  BrokerInstance,
  type ChangeBrokerInstance,
  type CreateBrokerInstance,
} from '@carteiro/contracts/broker-api'
import type { CheckedRecipients, CheckRecipients } from '@carteiro/contracts/broker-exists'
import type { BrokerGroup } from '@carteiro/contracts/broker-groups'
import { type ReadMessages, ReadResult, type SetPresence } from '@carteiro/contracts/broker-presence'
import { type ForgetPerson, ForgottenPerson } from '@carteiro/contracts/person'
import type { z } from 'zod'
import { type BrokerFailure, failureOf } from './faults.ts'
import { refusalInBody } from './read-sent.ts'
import { readExists, readGroups, readMetrics, readPairingCode, readQr } from './read-surface.ts'
import type { BrokerReply, BrokerRequest, Transport } from './request.ts'
import { unwrapAnswer } from './unwrap-answer.ts'

export interface CallOptions {
  requestId: string
}

/** What an instance's request gave: the instance as the broker sees it, or why not. */
export type InstanceResult = { status: 'done'; instance: BrokerInstance } | BrokerFailure

/** What another request gave, or why it gave nothing. */
export type BrokerResult<Value> = { status: 'done'; value: Value } | BrokerFailure

/** A credential: whoever has it links a phone. `null` where a broker does not say until when it is shown. */
export type Shown<Code> = Code & { expiresAt: string | null }

/** What can be asked of a broker about an instance, beside sending. */
export interface InstanceSurface {
  /** Making what exists already is `done`, too. */
  ensureInstance(
    instance: CreateBrokerInstance & { id: string },
    options: CallOptions,
  ): Promise<InstanceResult>
  changeInstance(
    instanceId: string,
    change: ChangeBrokerInstance,
    options: CallOptions,
  ): Promise<InstanceResult>
  /** Deleting what is not there is `done`, too. */
  deleteInstance(instanceId: string, options: CallOptions): Promise<BrokerResult<null>>
  getStatus(instanceId: string, options: CallOptions): Promise<InstanceResult>
  connect(instanceId: string, options: CallOptions): Promise<InstanceResult>
  disconnect(instanceId: string, options: CallOptions): Promise<InstanceResult>
  restart(instanceId: string, options: CallOptions): Promise<InstanceResult>
  logout(instanceId: string, options: CallOptions): Promise<InstanceResult>
  getQr(instanceId: string, options: CallOptions): Promise<BrokerResult<Shown<{ qr: string }>>>
  getQrImage(instanceId: string, options: CallOptions): Promise<BrokerResult<Buffer>>
  pair(
    instanceId: string,
    phoneNumber: string,
    options: CallOptions,
  ): Promise<BrokerResult<Shown<{ pairingCode: string }>>>
  exists(
    instanceId: string,
    recipients: CheckRecipients,
    options: CallOptions,
  ): Promise<BrokerResult<CheckedRecipients>>
  getGroups(instanceId: string, options: CallOptions): Promise<BrokerResult<BrokerGroup[]>>
  getMetrics(instanceId: string, options: CallOptions): Promise<BrokerResult<Record<string, unknown>>>
  /** Lets go of what a broker keeps of a person. */
  forget(
    instanceId: string,
    person: ForgetPerson,
    options: CallOptions,
  ): Promise<BrokerResult<ForgottenPerson>>
  /** Tells WhatsApp what was read. A broker that does not say which messages it knew has told of all. */
  markRead(
    instanceId: string,
    messages: z.input<typeof ReadMessages>,
    options: CallOptions,
  ): Promise<BrokerResult<ReadResult>>
  /** Shows that somebody types, or stopped. */
  setPresence(
    instanceId: string,
    presence: z.input<typeof SetPresence>,
    options: CallOptions,
  ): Promise<BrokerResult<null>>
}

const UNREADABLE: BrokerFailure = {
  status: 'failed',
  fault: 'channel',
  code: 'UNKNOWN_ERROR',
  message: 'The broker\u2019s answer cannot be read.',
}
const IMAGE_TIMEOUT_MS = 30_000

export const pathOf = (instanceId: string) => `/instances/${encodeURIComponent(instanceId)}`

export function createInstanceSurface({ request, open }: Transport): InstanceSurface {
  const ask = async <Value>(
    call: BrokerRequest,
    { requestId }: CallOptions,
    read: (body: unknown) => Value | undefined,
  ): Promise<BrokerResult<Value>> => {
    const reply = await request({ ...call, headers: { 'x-request-id': requestId } })
    const refused = refusalOf(reply)
    if (refused) return refused
    const value = reply.kind === 'answer' ? read(reply.body) : undefined
    return value === undefined ? UNREADABLE : { status: 'done', value }
  }
  const askInstance = async (call: BrokerRequest, options: CallOptions): Promise<InstanceResult> => {
    const result = await ask(call, options, readInstance)
    return result.status === 'done' ? { status: 'done', instance: result.value } : result
  }
  const get = (instanceId: string, call: CallOptions) =>
    askInstance({ method: 'GET', path: pathOf(instanceId) }, call)
  const act = (name: string) => (instanceId: string, call: CallOptions) =>
    askInstance({ method: 'POST', path: `${pathOf(instanceId)}/${name}` }, call)

  return {
    ensureInstance: async (instance, call) => {
      const made = await askInstance({ method: 'POST', path: '/instances', body: instance }, call)
      const exists = made.status === 'failed' && made.code === 'INSTANCE_ALREADY_EXISTS'
      return exists ? get(instance.id, call) : made
    },
    changeInstance: (instanceId, change, call) =>
      askInstance({ method: 'PATCH', path: pathOf(instanceId), body: change }, call),
    deleteInstance: async (instanceId, call) => {
      const result = await ask({ method: 'DELETE', path: pathOf(instanceId) }, call, () => null)
      const isGone = result.status === 'failed' && result.brokerCode === 'INSTANCE_NOT_FOUND'
      return isGone ? { status: 'done', value: null } : result
    },
    getStatus: get,
    connect: act('connect'),
    disconnect: act('disconnect'),
    restart: act('restart'),
    logout: act('logout'),
    getQr: (instanceId, call) => ask({ method: 'GET', path: `${pathOf(instanceId)}/qr` }, call, readQr),
    getQrImage: async (instanceId, { requestId }) => {
      const path = `${pathOf(instanceId)}/qr.png`
      const headers = { 'x-request-id': requestId }
      const signal = AbortSignal.timeout(IMAGE_TIMEOUT_MS)
      const reply = await open({ method: 'GET', path, headers }, signal)
      if (reply.kind !== 'stream') return failureOf(reply)
      const bytes = await buffer(reply.body)
      return reply.contentType?.startsWith('image/png') ? { status: 'done', value: bytes } : UNREADABLE
    },
    pair: (instanceId, phoneNumber, call) =>
      ask(
        { method: 'POST', path: `${pathOf(instanceId)}/pair`, body: { phoneNumber } },
        call,
        readPairingCode,
      ),
    exists: (instanceId, body, call) => {
      const asked = body.numbers ?? (body.to === undefined ? [] : [body.to])
      return ask({ method: 'POST', path: `${pathOf(instanceId)}/exists`, body }, call, (answer) =>
        readExists(answer, asked),
      )
    },
    getGroups: (instanceId, call) =>
      ask({ method: 'GET', path: `${pathOf(instanceId)}/groups` }, call, readGroups),
    getMetrics: (instanceId, call) =>
      ask({ method: 'GET', path: `${pathOf(instanceId)}/metrics` }, call, readMetrics),
    forget: (instanceId, body, call) =>
      ask(
        { method: 'POST', path: `${pathOf(instanceId)}/forget`, body },
        call,
        (answer) => ForgottenPerson.safeParse(answer).data,
      ),
    markRead: (instanceId, body, call) =>
      ask({ method: 'POST', path: `${pathOf(instanceId)}/read`, body }, call, (answer) => {
        const told = unwrapAnswer(answer).map((each) => ReadResult.safeParse(each))
        return told.find(({ success }) => success)?.data ?? { read: body.messageIds, unknown: [] }
      }),
    setPresence: (instanceId, body, call) =>
      ask({ method: 'POST', path: `${pathOf(instanceId)}/presence`, body }, call, () => null),
  }
}

/** Also a no that comes under a 200. */
function refusalOf(reply: BrokerReply): BrokerFailure | undefined {
  if (reply.kind !== 'answer' || reply.status >= 300) return failureOf(reply)
  const status = refusalInBody(reply.body)
  return status === undefined ? undefined : failureOf({ ...reply, status })
}

function readInstance(body: unknown): BrokerInstance | undefined {
  return unwrapAnswer(body)
    .map((answer) => BrokerInstance.safeParse(answer))
    .find(({ success }) => success)?.data
}
