import { boomStatus } from '../../boom-status.ts'

/** Why a socket ended, and what follows. `reason` is one of a bounded set, fit for a metric's label. */
export interface Disconnect {
  reason: string
  /**
   * `logged_out`: the phone ended the session. `not_scanned`: nobody linked it. `restart`: connect again at once.
   * `again`: after a wait.
   */
  next: 'logged_out' | 'not_scanned' | 'restart' | 'again'
}

/** Baileys' DisconnectReason, by its numbers (several names share one). */
const REASONS: Record<number, string> = {
  401: 'logged_out',
  403: 'forbidden',
  408: 'connection_lost',
  411: 'multidevice_mismatch',
  428: 'connection_closed',
  440: 'connection_replaced',
  500: 'bad_session',
  503: 'unavailable',
  515: 'restart_required',
}

/** What Baileys says when it has shown the last QR code; its number is that of a lost connection. */
const LAST_QR_ENDED = 'QR refs attempts ended'

/** Reads the error Baileys gives with `connection: 'close'`: a Boom whose `output.statusCode` says why. */
export function readDisconnect(error: unknown): Disconnect {
  const code = boomStatus(error)
  if (error instanceof Error && error.message === LAST_QR_ENDED) {
    return { reason: 'qr_expired', next: 'not_scanned' }
  }
  const reason = code === undefined ? 'ended' : (REASONS[code] ?? 'other')
  if (reason === 'logged_out') return { reason, next: 'logged_out' }
  return { reason, next: reason === 'restart_required' ? 'restart' : 'again' }
}
