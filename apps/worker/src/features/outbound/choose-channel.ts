import type { Queryable } from '@carteiro/database/connect'
import type { InstanceView } from '@carteiro/domain/instances/create-instance'
import { findInstance } from '@carteiro/domain/instances/find-instance'
import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import type { Send } from './send-by-broker.ts'
import { lookUpFailed, notConfigured } from './waiting-outcome.ts'

type Transport = InstanceView['transport']

/** One for each transport; one that is not configured is waited for. */
export type Channels = Record<Transport, Send | undefined>

/** An instance may become a number of the Cloud API; it is looked up again after so long. */
const REMEMBERED_MS = 30_000
const NOT_THERE = 'The instance is not there.'
const NO_BROKER = 'Set WHATSAPP_BROKER_URL and WHATSAPP_BROKER_API_KEY for the worker.'

/** Sends each message by the transport of its instance. */
export function chooseChannel({ db, channels }: { db: Queryable; channels: Channels }): Send {
  const transportOf = rememberTransports(db)
  return async (delivery) => {
    const found = await transportOf(delivery).catch(lookUpFailed)
    if (typeof found === 'object') return found
    const send = found && channels[found]
    return send ? send(delivery) : notConfigured(found === undefined ? NOT_THERE : NO_BROKER)
  }
}

function rememberTransports(db: Queryable) {
  const known = new Map<string, { transport: Transport; until: number }>()
  return async ({ tenantId, instanceId }: ClaimedDelivery): Promise<Transport | undefined> => {
    const key = `${tenantId}/${instanceId}`
    const remembered = known.get(key)
    if (remembered && performance.now() < remembered.until) return remembered.transport
    const transport = (await findInstance(db, { tenantId, id: instanceId }))?.transport
    if (transport) known.set(key, { transport, until: performance.now() + REMEMBERED_MS })
    else known.delete(key)
    return transport
  }
}
