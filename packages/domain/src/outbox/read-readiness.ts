import type { ConnectionStatus } from '@carteiro/contracts/broker-event'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Why an instance sends nothing just now. What is queued would wait for as long as that takes. */
export type NotReady =
  | { status: 'instance_disconnected'; instanceStatus: ConnectionStatus; connected: boolean }
  | { status: 'circuit_open'; forSeconds: number }

interface InstanceRow {
  status: ConnectionStatus
  connected: boolean
  circuit_open_seconds: number | null
}

/** For a person who waits for the answer. `undefined`: it is ready, or not there. */
export async function readNotReady(
  db: Queryable,
  { tenantId, instanceId }: { tenantId: string; instanceId: string },
): Promise<NotReady | undefined> {
  const { rows } = await sql<InstanceRow>`
    select i.status, i.connected, ceil(extract(epoch from c.open_until - now()))::int as circuit_open_seconds
    from instance i left join instance_circuit c
      on c.tenant_id = i.tenant_id and c.instance_id = i.id and c.open_until > now()
    where i.tenant_id = ${tenantId} and i.id = ${instanceId}`.execute(db)
  const [instance] = rows
  if (!instance) return undefined
  const { status: instanceStatus, connected, circuit_open_seconds: forSeconds } = instance
  if (!connected) return { status: 'instance_disconnected', instanceStatus, connected }
  return forSeconds === null ? undefined : { status: 'circuit_open', forSeconds }
}
