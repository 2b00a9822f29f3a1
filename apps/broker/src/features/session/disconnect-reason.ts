import type { ConnectionStatus } from '@carteiro/contracts/broker-event'
import { boomStatus } from '../../boom-status.ts'

/** Why a socket ended: a bounded set, fit for a metric's label, and what `lastError` says. */
export type EndReason =
  | 'restart_required'
  | 'logged_out'
  | 'logged_out_unconfirmed'
  | 'replaced'
  | 'banned'
  | 'temporarily_banned'
  | 'multidevice_mismatch'
  | 'qr_expired'
  | 'bad_session'
  | 'client_outdated'
  | 'connection_closed'
  | 'connection_failed'
  | 'connection_lost'
  | 'no_answer'
  | 'bad_frame'
  | 'unavailable'
  | 'ended'
  | 'other'

/** What follows. */
export interface Verdict {
  /**
   * `connect`: again, after `delay`. `reset_keys`: the same, with new Signal sessions. `stop`: nothing until a person
   * connects. `log_out`: the same, and the next connection links anew.
   */
  action: 'connect' | 'reset_keys' | 'stop' | 'log_out'
  /** Before the next connection: none, or one that grows from 1 s to 60 s, without end. */
  delay: 'none' | 'backoff'
  /** What is told of the instance meanwhile, by event and by the status route. */
  status: ConnectionStatus
  reason: EndReason | null
}

/** What decides beside the reason. */
export interface EndFacts {
  /** How often in a row it ended so before, without a connection that held between. */
  repeats: number
  /** Since a phone linked the session or WhatsApp asked for a restart; `Infinity` when that never was. */
  sinceRestartMs: number
  /** Since Signal sessions were reset; `Infinity` when they never were. */
  sinceResetMs: number
}

/** What we end a socket for. */
export class SocketFault extends Error {
  override readonly name = 'SocketFault'
  readonly reason: 'connection_lost' | 'no_answer' | 'bad_frame'

  constructor(reason: SocketFault['reason'], cause?: unknown) {
    super(`The socket was ended: ${reason}`, { cause })
    this.reason = reason
  }
}

/**
 * WhatsApp's codes: Baileys' DisconnectReason, and those of a refused login that Baileys hands on as they are.
 * 402, 405 and 406 have no name there.
 */
const BY_CODE: Record<number, EndReason> = {
  401: 'logged_out',
  402: 'temporarily_banned',
  403: 'banned',
  405: 'client_outdated',
  406: 'banned',
  408: 'connection_lost',
  411: 'multidevice_mismatch',
  428: 'connection_closed',
  440: 'replaced',
  500: 'bad_session',
  503: 'unavailable',
  515: 'restart_required',
}

/** What Baileys says when it has shown the last QR code; its number is that of a lost connection. */
const LAST_QR_ENDED = 'QR refs attempts ended'
/** The line or somebody on it refused, with a code of HTTP's: of the session it says nothing. */
const NOT_FROM_WHATSAPP = /^WebSocket Error/
/** Baileys gives 500 also to stream errors that name another cause and carry no code. */
const NAMED_STREAM_ERROR = /^Stream Errored \((?!unknown\))/

/** Reads the error Baileys gives with `connection: 'close'`: a Boom whose `output.statusCode` says why, or a fault of ours. */
export function readEnd(error: unknown): EndReason {
  if (!(error instanceof Error)) return 'ended'
  if (error instanceof SocketFault) return error.reason
  if (error.message === LAST_QR_ENDED) return 'qr_expired'
  const code = boomStatus(error)
  if (NOT_FROM_WHATSAPP.test(error.message)) return code === 408 ? 'connection_lost' : 'connection_failed'
  if (code === 500 && NAMED_STREAM_ERROR.test(error.message)) return 'other'
  return (code === undefined ? undefined : BY_CODE[code]) ?? 'other'
}

/** As many restarts in a row happen at once: a linked phone's first, and one or two that WhatsApp asks for later. */
export const RESTARTS_AT_ONCE = 3
/** A 401 so soon after a restart or a pairing may be WhatsApp's own haste. */
export const UNBELIEVED_MS = 60_000
/** Sessions are reset once in this time at most. */
export const RESET_EVERY_MS = 60 * 60_000

/** What follows an end: pure, and the whole of it. */
export function judgeEnd(reason: EndReason, facts: EndFacts): Verdict {
  switch (reason) {
    case 'restart_required':
      if (facts.repeats >= RESTARTS_AT_ONCE) return again(reason)
      return { action: 'connect', delay: 'none', status: 'connecting', reason: null }
    case 'logged_out':
      if (facts.repeats === 0 && facts.sinceRestartMs < UNBELIEVED_MS) {
        return again('logged_out_unconfirmed')
      }
      return { action: 'log_out', delay: 'none', status: 'logged_out', reason }
    case 'replaced':
    case 'banned':
    case 'temporarily_banned':
    case 'multidevice_mismatch':
    case 'qr_expired':
      return { action: 'stop', delay: 'none', status: 'disconnected', reason }
    case 'bad_session':
      return { ...again(reason), action: facts.sinceResetMs < RESET_EVERY_MS ? 'connect' : 'reset_keys' }
    default:
      return again(reason)
  }
}

const again = (reason: EndReason): Verdict => ({
  action: 'connect',
  delay: 'backoff',
  status: 'disconnected',
  reason,
})
