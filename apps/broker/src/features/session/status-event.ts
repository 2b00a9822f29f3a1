import type { ConnectionStatus, InstanceConnectionEvent } from '@carteiro/contracts/broker-event'
import { parseJid } from '@carteiro/contracts/jid'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'

/** How an instance's session stands, as it is told to others. */
export interface SessionState {
  status: ConnectionStatus
  /** E.164. */
  phone: string | null
  lid: string | null
  /** Whether there is a QR code to scan. */
  qrAvailable: boolean
  /** Why it is not connected, when it is not. */
  reason: string | null
}

/** The account that a session is logged in to. */
export function identityOf({ me }: AuthenticationCreds): Pick<SessionState, 'phone' | 'lid'> {
  const phone = me?.id ? parseJid(me.id) : undefined
  const lid = me?.lid ? parseJid(me.lid) : undefined
  return {
    phone: phone?.kind === 'phone' ? `+${phone.digits}` : null,
    lid: lid?.kind === 'lid' ? lid.lid : null,
  }
}

/** The event that tells the API of a change of state. */
export function toConnectionEvent(
  instanceId: string,
  state: SessionState,
  { id, at }: { id: string; at: Date },
): InstanceConnectionEvent {
  const { status, phone, lid, qrAvailable, reason } = state
  return {
    id,
    type: 'INSTANCE_CONNECTION',
    instanceId,
    timestamp: at.toISOString(),
    payload: { status, connected: status === 'connected', phone, lid, qrAvailable, reason },
  }
}
