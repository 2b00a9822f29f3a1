import type { ConnectionEnvelope } from '@carteiro/contracts/envelope'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { wakeWaiting } from '../outbox/wake-waiting.ts'
import { toInstanceView } from './create-instance.ts'
import { tellInstance } from './tell-instance.ts'

/**
 * Takes over what the broker told of a session. An older report never undoes a newer one. When the session opens,
 * what waited for it may leave at once.
 *
 * @returns `connected` when the instance's outbox should be looked at now
 */
export async function recordConnection(
  work: UnitOfWork,
  report: ConnectionEnvelope,
): Promise<{ status: 'connected' | 'disconnected' | 'stale' }> {
  const qrAvailable = report.qrAvailable ?? false
  const before = await work.transaction
    .selectFrom('instance')
    .select('qr_available')
    .where('tenant_id', '=', report.tenantId)
    .where('id', '=', report.instanceId)
    .forUpdate()
    .executeTakeFirst()
  const row = await work.transaction
    .updateTable('instance')
    .set((set) => ({
      status: report.status,
      connected: report.connected,
      phone: set.fn.coalesce(set.val(report.phone), 'phone'),
      lid: set.fn.coalesce(set.val(report.lid), 'lid'),
      reason: report.reason,
      qr_available: qrAvailable,
      status_at: report.timestamp,
      updated_at: new Date(),
    }))
    .where('tenant_id', '=', report.tenantId)
    .where('id', '=', report.instanceId)
    .where((where) =>
      where.or([where('status_at', 'is', null), where('status_at', '<=', new Date(report.timestamp))]),
    )
    .returningAll()
    .executeTakeFirst()
  if (!row) return { status: 'stale' }

  tellInstance(work, toInstanceView(row))
  // A code that takes the place of another one is told, too: whoever shows it has to read it anew.
  if (qrAvailable || before?.qr_available) {
    const payload = { instanceId: row.id, available: qrAvailable }
    work.record({ tenantId: row.tenant_id, type: 'whatsapp.instance.qr', instanceId: row.id, payload })
  }
  if (!row.connected) return { status: 'disconnected' }
  await wakeWaiting(work, { tenantId: row.tenant_id, instanceId: row.id })
  return { status: 'connected' }
}
