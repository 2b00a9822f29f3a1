import type { StoredEvent } from '@carteiro/domain/events/read'
import type { Server } from 'socket.io'
import type { Report } from '../../report.ts'

/** The room of everyone who may see all of a tenant. */
export const tenantRoom = (tenantId: string): string => `tenant:${tenantId}`

/**
 * Emits an event of the log to its rooms. All sockets are in their tenant's room and get every event, so the one
 * before it is always `seq - 1`.
 */
export function createBroadcast({ io, report }: { io: Server; report: Report }) {
  return (event: StoredEvent): void => {
    io.to(tenantRoom(event.tenantId)).emit(event.type, {
      ...event.payload,
      tenantId: event.tenantId,
      seq: event.seq,
      prevSeq: event.seq - 1,
      occurredAt: event.occurredAt.toISOString(),
    })
    report.eventEmitted(event.type, event.occurredAt)
  }
}
