import type { BrokerClient, BrokerResult, InstanceResult } from '@carteiro/broker-client/broker-client'
import type { BrokerFailure } from '@carteiro/broker-client/faults'
import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { Problem } from '@carteiro/contracts/problem'
import type { InstanceView } from '@carteiro/domain/instances/create-instance'
import type { Dependencies } from '../../dependencies.ts'

type BrokerAct = (broker: BrokerClient, instance: InstanceView, requestId: string) => Promise<BrokerInstance>

/** @throws Problem WHATSAPP_NOT_CONFIGURED naming the variables that are missing */
export function requireBroker({ broker, config }: Pick<Dependencies, 'broker' | 'config'>): BrokerClient {
  if (broker) return broker
  const missing = (['WHATSAPP_BROKER_URL', 'WHATSAPP_BROKER_API_KEY'] as const).filter(
    (name) => !config[name],
  )
  throw new Problem('WHATSAPP_NOT_CONFIGURED', `Set ${missing.join(' and ')} and start the API again.`, {
    details: { missing },
  })
}

/** Makes the instance known to the broker; harmless when it is. */
export const registerInstance: BrokerAct = async (broker, { id, name, tenantId }, requestId) =>
  done(await broker.ensureInstance({ id, name, tenantId }, { requestId }))

/** Makes the broker treat the instance as its settings say; what they leave open is the broker's own default. */
export const applySettings: BrokerAct = async (broker, { id, settings }, requestId) => {
  const { typing = null, ceiling = null, readReceipts = null } = settings.broker ?? {}
  return done(await broker.changeInstance(id, { settings: { typing, ceiling, readReceipts } }, { requestId }))
}

/** The session's state, asked of the broker. */
export const readStatus: BrokerAct = async (broker, { id }, requestId) =>
  done(await broker.getStatus(id, { requestId }))

/** Registers first: the broker may be new, or have been away when the instance was made or changed. */
const registered =
  (act: 'connect' | 'restart' | 'logout'): BrokerAct =>
  async (broker, instance, requestId) => {
    await registerInstance(broker, instance, requestId)
    if (instance.settings.broker) await applySettings(broker, instance, requestId)
    return done(await broker[act](instance.id, { requestId }))
  }

/** What a person may have done to a session. Each may be repeated. */
export const SESSION_ACTS = {
  connect: registered('connect'),
  disconnect: async (broker, { id }, requestId) => done(await broker.disconnect(id, { requestId })),
  restart: registered('restart'),
  logout: registered('logout'),
} satisfies Record<string, BrokerAct>

function done(result: InstanceResult): BrokerInstance {
  if (result.status === 'done') return result.instance
  throw toProblem(result)
}

/** @throws Problem with what the broker refuses a caller's request with, else BROKER_ERROR with the broker's code */
export function orProblem<Value>(result: BrokerResult<Value>): Value {
  if (result.status === 'done') return result.value
  throw toProblem(result)
}

/** What the caller can do something about, in the broker's own words. */
const TOLD = [
  'ACCOUNT_RESTRICTED',
  'IMPOSSIBLE_TRANSITION',
  'INSTANCE_DISCONNECTED',
  'INVALID_PAYLOAD',
  'INVALID_TO',
  'QR_NOT_AVAILABLE',
  'RATE_LIMITED',
] as const

function toProblem({ code, brokerCode, message, fault, details, retryAfterSeconds }: BrokerFailure): Problem {
  const told = TOLD.find((each) => each === brokerCode)
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds }
  if (told) return new Problem(told, message, { details, ...wait })
  return new Problem('BROKER_ERROR', `The broker did not do it: ${message}`, {
    details: { code },
    ...(fault === 'waiting' ? { status: 503, retryAfterSeconds: retryAfterSeconds ?? 2 } : {}),
  })
}
