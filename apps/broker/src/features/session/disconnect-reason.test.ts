import { test } from 'tap'
import { readDisconnect } from './disconnect-reason.ts'

const boom = (statusCode: number) => Object.assign(new Error('ended'), { output: { statusCode } })

const table: [string, unknown, ReturnType<typeof readDisconnect>][] = [
  ['a phone that unlinked us ends the session', boom(401), { reason: 'logged_out', next: 'logged_out' }],
  [
    'a restart that was asked for happens at once',
    boom(515),
    { reason: 'restart_required', next: 'restart' },
  ],
  [
    'codes that nobody scanned end the session',
    Object.assign(new Error('QR refs attempts ended'), { output: { statusCode: 408 } }),
    { reason: 'qr_expired', next: 'not_scanned' },
  ],
  ['a lost connection is tried again', boom(408), { reason: 'connection_lost', next: 'again' }],
  ['a code nobody knows is tried again', boom(999), { reason: 'other', next: 'again' }],
  ['an end without an error is tried again', undefined, { reason: 'ended', next: 'again' }],
]
for (const [promise, error, expected] of table) {
  test(promise, async (t) => {
    t.same(readDisconnect(error), expected)
  })
}
