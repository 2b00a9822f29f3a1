import type { BrokerClient, InstanceResult } from '@carteiro/broker-client/broker-client'
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

/** The session's state, asked of the broker. */
export const readStatus: BrokerAct = async (broker, { id }, requestId) =>
  done(await broker.getStatus(id, { requestId }))

/** Registers first: the broker may be new, or have been away when the instance was made. */
export const connectInstance: BrokerAct = async (broker, instance, requestId) => {
  await registerInstance(broker, instance, requestId)
  return done(await broker.connect(instance.id, { requestId }))
}

/** Ends the session's connection; its credentials stay. */
export const disconnectInstance: BrokerAct = async (broker, { id }, requestId) =>
  done(await broker.disconnect(id, { requestId }))

/** @throws Problem BROKER_ERROR with the broker's own code */
function done(result: InstanceResult): BrokerInstance {
  if (result.status === 'done') return result.instance
  throw new Problem('BROKER_ERROR', `The broker did not do it: ${result.message}`, {
    details: { code: result.code },
    ...(result.fault === 'waiting' ? { status: 503, retryAfterSeconds: 2 } : {}),
  })
}
