import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { InstanceView } from './create-instance.ts'

/** Tells of an instance that was made or changed, as it stands now. */
export function tellInstance(
  work: UnitOfWork,
  { id, tenantId, name, status, connected, phone, reason }: InstanceView,
): void {
  const payload = { instanceId: id, name, status, connected, phone, reason }
  work.record({ tenantId, type: 'whatsapp.instance.updated', instanceId: id, payload })
}
