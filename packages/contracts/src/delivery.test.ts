import t from 'tap'
import {
  DELIVERY_STATES,
  DELIVERY_TRANSITIONS,
  type DeliveryState,
  mayBecome,
  OPEN_STATES,
} from './delivery.ts'

/** How far along each state is; a transition to a lower one needs a reason. */
const RANK: Record<DeliveryState, number> = {
  QUEUED: 0,
  SENDING: 1,
  SENT: 2,
  DELIVERED: 3,
  READ: 4,
  FAILED: 5,
  CANCELLED: 5,
}

const pairs = DELIVERY_STATES.flatMap((from) => DELIVERY_STATES.map((to) => [from, to] as const))

t.test('a state goes back only to be tried again, or when a receipt proves a failure wrong', async (t) => {
  const back = pairs.filter(([from, to]) => mayBecome(from, to) && RANK[to] <= RANK[from])
  t.same(back, [
    ['SENDING', 'QUEUED'],
    ['FAILED', 'QUEUED'],
    ['FAILED', 'SENT'],
    ['FAILED', 'DELIVERED'],
    ['FAILED', 'READ'],
  ])
})

t.test('nothing follows READ or CANCELLED', async (t) => {
  const ends = DELIVERY_STATES.filter((from) => DELIVERY_STATES.every((to) => !mayBecome(from, to)))
  t.same(ends, ['READ', 'CANCELLED'])
})

t.test('no state follows itself: telling a state twice changes nothing', async (t) => {
  for (const state of DELIVERY_STATES) t.notOk(mayBecome(state, state), state)
})

t.test('only what is still queued can be cancelled or claimed', async (t) => {
  const into = (to: DeliveryState) => DELIVERY_STATES.filter((from) => mayBecome(from, to))
  t.same(into('CANCELLED'), ['QUEUED'])
  t.same(into('SENDING'), ['QUEUED'], 'a claim takes what is queued alone')
  t.same(into('QUEUED'), ['SENDING', 'FAILED'], 'a retry, or an operator\u2019s')
})

t.test('a receipt moves every message forward that it may speak of', async (t) => {
  for (const from of ['QUEUED', 'SENDING', 'SENT', 'FAILED'] as const) {
    t.ok(mayBecome(from, 'DELIVERED'), `${from} to DELIVERED`)
    t.ok(mayBecome(from, 'READ'), `${from} to READ`)
  }
  t.ok(mayBecome('DELIVERED', 'READ'))
})

t.test('every state has its transitions, and what holds a lane can leave it', async (t) => {
  t.same(Object.keys(DELIVERY_TRANSITIONS).sort(), [...DELIVERY_STATES].sort())
  for (const state of OPEN_STATES) t.ok(mayBecome(state, 'SENT') && mayBecome(state, 'FAILED'), state)
})
