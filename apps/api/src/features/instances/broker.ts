import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { Problem } from '@carteiro/contracts/problem'
import type { InstanceView } from '@carteiro/domain/instances/create-instance'
import type { Dependencies } from '../../dependencies.ts'

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
