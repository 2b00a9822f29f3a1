import type { Envelope } from '@carteiro/contracts/envelope'
import type { UnitOfWork } from '@carteiro/domain/events/unit-of-work'
import { recordConnection } from '@carteiro/domain/instances/record-connection'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'

/** What an envelope does, by its kind. @returns what became of it, for the log */
export async function applyEnvelope(queue: Queue, work: UnitOfWork, envelope: Envelope): Promise<string> {
  switch (envelope.kind) {
    case 'message': {
      const { status } = await saveMessage(work, envelope)
      return status
    }
    case 'connection': {
      const { status } = await recordConnection(work, envelope)
      const { tenantId, instanceId } = envelope
      if (status === 'connected') await nudgeOutbound(queue, work.transaction, [{ tenantId, instanceId }])
      return status
    }
    default:
      return envelope satisfies never
  }
}
