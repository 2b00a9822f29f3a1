import { test } from 'tap'
import {
  type EndFacts,
  type EndReason,
  judgeEnd,
  readEnd,
  SocketFault,
  type Verdict,
} from './disconnect-reason.ts'

const boom = (statusCode: number, message = 'Connection Failure') =>
  Object.assign(new Error(message), { output: { statusCode } })

const CALM: EndFacts = {
  repeats: 0,
  sinceRestartMs: Number.POSITIVE_INFINITY,
  sinceResetMs: Number.POSITIVE_INFINITY,
}
const AGAIN = { action: 'connect', delay: 'backoff', status: 'disconnected' } as const
const STOP = { action: 'stop', delay: 'none', status: 'disconnected' } as const
const MINUTE = 60_000

const table: [
  what: string,
  error: unknown,
  reason: EndReason,
  verdict: Verdict,
  facts?: Partial<EndFacts>,
][] = [
  [
    'a restart that was asked for happens at once',
    boom(515),
    'restart_required',
    { action: 'connect', delay: 'none', status: 'connecting', reason: null },
  ],
  [
    'a third restart in a row happens at once',
    boom(515),
    'restart_required',
    { action: 'connect', delay: 'none', status: 'connecting', reason: null },
    { repeats: 2 },
  ],
  [
    'restart after restart is no loop without a pause',
    boom(515),
    'restart_required',
    { ...AGAIN, reason: 'restart_required' },
    { repeats: 3 },
  ],
  [
    'a phone that unlinked us ends the session',
    boom(401),
    'logged_out',
    { action: 'log_out', delay: 'none', status: 'logged_out', reason: 'logged_out' },
  ],
  [
    'a logout within a minute of a restart or of pairing is not believed',
    boom(401),
    'logged_out',
    { ...AGAIN, reason: 'logged_out_unconfirmed' },
    { sinceRestartMs: MINUTE - 1 },
  ],
  [
    'a logout that is said twice is believed',
    boom(401),
    'logged_out',
    { action: 'log_out', delay: 'none', status: 'logged_out', reason: 'logged_out' },
    { sinceRestartMs: 10, repeats: 1 },
  ],
  [
    'a logout a minute later is believed',
    boom(401),
    'logged_out',
    { action: 'log_out', delay: 'none', status: 'logged_out', reason: 'logged_out' },
    { sinceRestartMs: MINUTE },
  ],
  ['another client in our place stops us', boom(440), 'replaced', { ...STOP, reason: 'replaced' }],
  ['a banned account stops', boom(403), 'banned', { ...STOP, reason: 'banned' }],
  ['a ban by its other code stops', boom(406), 'banned', { ...STOP, reason: 'banned' }],
  ['a ban for a time stops', boom(402), 'temporarily_banned', { ...STOP, reason: 'temporarily_banned' }],
  [
    'an account without linked devices stops',
    boom(411),
    'multidevice_mismatch',
    { ...STOP, reason: 'multidevice_mismatch' },
  ],
  [
    'codes that nobody scanned end the linking',
    boom(408, 'QR refs attempts ended'),
    'qr_expired',
    { ...STOP, reason: 'qr_expired' },
  ],
  [
    'a bad session gets new keys',
    boom(500, 'Stream Errored (unknown)'),
    'bad_session',
    { ...AGAIN, action: 'reset_keys', reason: 'bad_session' },
  ],
  [
    'a bad session gets new keys once an hour',
    boom(500),
    'bad_session',
    { ...AGAIN, action: 'reset_keys', reason: 'bad_session' },
    { sinceResetMs: 60 * MINUTE },
  ],
  [
    'a bad session within the hour waits with the keys that it has',
    boom(500),
    'bad_session',
    { ...AGAIN, reason: 'bad_session' },
    { sinceResetMs: 60 * MINUTE - 1 },
  ],
  ['a lost connection', boom(408), 'connection_lost', { ...AGAIN, reason: 'connection_lost' }],
  ['a closed connection', boom(428), 'connection_closed', { ...AGAIN, reason: 'connection_closed' }],
  ['a service that is away', boom(503), 'unavailable', { ...AGAIN, reason: 'unavailable' }],
  ['a version that is too old', boom(405), 'client_outdated', { ...AGAIN, reason: 'client_outdated' }],
  ['a code nobody knows', boom(999), 'other', { ...AGAIN, reason: 'other' }],
  ['an error without a code', new Error('?'), 'other', { ...AGAIN, reason: 'other' }],
  ['an end without an error', undefined, 'ended', { ...AGAIN, reason: 'ended' }],
  ['silence', new SocketFault('no_answer'), 'no_answer', { ...AGAIN, reason: 'no_answer' }],
  [
    'a frame that does not open',
    new SocketFault('bad_frame'),
    'bad_frame',
    { ...AGAIN, reason: 'bad_frame' },
  ],
  [
    'a proxy that answers 401 has logged nobody out',
    boom(401, 'WebSocket Error (Unexpected server response: 401)'),
    'connection_failed',
    { ...AGAIN, reason: 'connection_failed' },
  ],
  [
    'a proxy that answers 403 has banned nobody',
    boom(403, 'WebSocket Error (Unexpected server response: 403)'),
    'connection_failed',
    { ...AGAIN, reason: 'connection_failed' },
  ],
  [
    'garbage on the line spoils no session',
    boom(500, 'WebSocket Error (Invalid WebSocket frame)'),
    'connection_failed',
    { ...AGAIN, reason: 'connection_failed' },
  ],
  [
    'a host that is away',
    boom(408, 'WebSocket Error (connect ECONNREFUSED)'),
    'connection_lost',
    { ...AGAIN, reason: 'connection_lost' },
  ],
  [
    'a stream error that names another cause spoils no session',
    boom(500, 'Stream Errored (ack)'),
    'other',
    { ...AGAIN, reason: 'other' },
  ],
]
for (const [what, error, reason, verdict, facts] of table) {
  test(`${what}: ${verdict.action}, ${verdict.delay}, ${verdict.status}`, async (t) => {
    t.equal(readEnd(error), reason)
    t.same(judgeEnd(reason, { ...CALM, ...facts }), verdict)
  })
}
