import { DELIVERY_STATES, DELIVERY_TRANSITIONS, DeliveryState, mayBecome } from '@carteiro/contracts/delivery'
import t from 'tap'
import { isEvent, isSituation, playOn, SITUATIONS, stateIn } from '../testing/outbox-situations.ts'
import { startDomain } from '../testing/start-domain.ts'

/**
 * Every situation of a message and everything that can happen to it, done by the acts that do it in production. A dot:
 * nothing changes. The answers of a channel are those of an attempt that was under way in that situation, or, where
 * none is, of a worker that lost its claim.
 */
const TABLE = `
                   claim   over    blocked sent pending refused broken silent waiting crash  expire cancel    retry  is-sent is-delivered is-read is-failed
queued             SENDING FAILED  FAILED  .    .       .       .      .      .       .      FAILED CANCELLED .      SENT    DELIVERED    READ    FAILED
scheduled          .       .       .       .    .       .       .      .      .       .      FAILED CANCELLED .      SENT    DELIVERED    READ    FAILED
backing-off        .       .       .       .    .       .       .      .      .       .      FAILED CANCELLED .      SENT    DELIVERED    READ    FAILED
unanswered         SENDING FAILED  FAILED  .    .       .       .      .      .       .      FAILED .         .      SENT    DELIVERED    READ    FAILED
sending            .       .       .       SENT .       FAILED  QUEUED QUEUED QUEUED  QUEUED .      .         .      SENT    DELIVERED    READ    FAILED
sending-last       .       .       .       SENT .       FAILED  FAILED FAILED QUEUED  FAILED .      .         .      SENT    DELIVERED    READ    FAILED
unacknowledged     .       .       .       SENT .       FAILED  QUEUED QUEUED QUEUED  QUEUED .      .         .      SENT    DELIVERED    READ    FAILED
sent               .       .       .       .    .       .       .      .      .       .      .      .         .      .       DELIVERED    READ    FAILED
delivered          .       .       .       .    .       .       .      .      .       .      .      .         .      .       .            READ    .
read               .       .       .       .    .       .       .      .      .       .      .      .         .      .       .            .       .
refused            .       .       .       .    .       .       .      .      .       .      .      .         QUEUED .       .            .       .
used-up            .       .       .       .    .       .       .      .      .       .      .      .         QUEUED SENT    DELIVERED    READ    .
outcome-unknown    .       .       .       .    .       .       .      .      .       .      .      .         QUEUED SENT    DELIVERED    READ    .
expired            .       .       .       .    .       .       .      .      .       .      .      .         QUEUED .       .            .       .
blocked            .       .       .       .    .       .       .      .      .       .      .      .         QUEUED .       .            .       .
error-receipt      .       .       .       .    .       .       .      .      .       .      .      .         QUEUED .       .            .       .
cancelled          .       .       .       .    .       .       .      .      .       .      .      .         .      .       .            .       .
`

const [header = '', ...rows] = TABLE.trim().split('\n')
const events = header.trim().split(/ +/)
const domain = await startDomain(t)
const reached = new Set<string>()

for (const row of rows) {
  const [situation = '', ...cells] = row.split(/ +/)
  t.test(`what may happen to a message that is ${situation}`, async (t) => {
    t.equal(cells.length, events.length, 'a cell for each event')
    if (!isSituation(situation)) throw new Error(`there is no situation ${situation}`)
    const from = stateIn(situation)
    for (const [index, event] of events.entries()) {
      if (!isEvent(event)) throw new Error(`there is no event ${event}`)
      const cell = cells[index]
      const to = cell === '.' ? from : DeliveryState.parse(cell)
      t.equal(await playOn(domain, situation, event), to, `${situation}, ${event}: ${to}`)
      if (to !== from) reached.add(`${from} ${to}`)
      if (to !== from) t.ok(mayBecome(from, to), `${from} may become ${to}`)
    }
  })
}

t.test('the table knows every situation, and every state', async (t) => {
  t.same(rows.map((row) => row.split(' ')[0]).sort(), Object.keys(SITUATIONS).sort())
  t.same(new Set(Object.values(SITUATIONS).map(({ state }) => state)), new Set(DELIVERY_STATES))
})

t.test('every transition that the data allow is in the table', async (t) => {
  const allowed = DELIVERY_STATES.flatMap((from) => DELIVERY_TRANSITIONS[from].map((to) => `${from} ${to}`))
  t.same([...reached].sort(), allowed.sort())
})
