import t from 'tap'
import { judgePhones } from './judge-phones.ts'
import { judgeRecords } from './judge-records.ts'
import type { Recorded } from './read-records.ts'
import type { AcceptedMessage } from './write-messages.ts'

const PHONE = '5511960000000'

const sent = (text: string, fields: Partial<Recorded> = {}): Recorded => ({
  id: `id-${text}`,
  text,
  phone: PHONE,
  state: 'SENT',
  messageState: 'SENT',
  errorCode: null,
  providerMessageId: `wa-${text}`,
  attempts: 1,
  history: ['QUEUED', 'SENDING', 'SENT'],
  numbers: [1],
  unfinished: 0,
  unclear: false,
  audit: { CREATED: 1, SENT: 1 },
  timeline: { MESSAGE_SENT: 1 },
  events: { SENDING: 1, SENT: 1 },
  ...fields,
})

const accepted = (text: string, at: number): AcceptedMessage => ({
  ...{ phone: PHONE, text, role: 'plain', aheadMs: 0, dueAt: 0, doubted: false, id: `id-${text}` },
  ...{ accepted: { from: at, to: at + 1 }, scheduledAt: undefined, cancelled: false, retried: undefined },
})

const faultsOf = (records: Recorded[], shown: string[]) => {
  const written = { accepted: [accepted('a', 0), accepted('b', 10)], refused: [], wrong: [] }
  const items = shown.map((text) => ({ id: `wa-${text}`, text, stanzas: 1 }))
  const faults = { ...judgePhones(written, records, new Map([[PHONE, items]])), ...judgeRecords(records) }
  return Object.entries(faults).flatMap(([name, cases]) => (cases.length > 0 ? [name] : []))
}

t.test('the proof finds each way in which a promise can be broken', async (t) => {
  const [a, b] = [sent('a'), sent('b')]
  const table: [what: string, records: Recorded[], shown: string[], faults: string[]][] = [
    ['all is well', [a, b], ['a', 'b'], []],
    ['not shown', [a, b], ['a'], ['lost']],
    ['not there', [a], ['a'], ['lost']],
    ['shown twice', [a, b], ['a', 'b', 'b'], ['duplicated']],
    ['overtaken', [a, b], ['b', 'a'], ['outOfOrder']],
    ['left open', [a, sent('b', { state: 'SENDING' })], ['a'], ['stuck', 'holes']],
    [
      'a step left out',
      [a, sent('b', { history: ['QUEUED', 'SENT'], events: { SENT: 1 } })],
      ['a', 'b'],
      ['attempts'],
    ],
    ['an end left out', [a, sent('b', { unfinished: 1 })], ['a', 'b'], ['attempts']],
    ['a try not counted', [a, sent('b', { attempts: 0 })], ['a', 'b'], ['attempts']],
    ['no audit', [a, sent('b', { audit: { CREATED: 1 } })], ['a', 'b'], ['audit']],
    ['no timeline', [a, sent('b', { timeline: {} })], ['a', 'b'], ['timeline']],
    ['an event too many', [a, sent('b', { events: { SENDING: 2, SENT: 1 } })], ['a', 'b'], ['events']],
  ]
  for (const [what, records, shown, faults] of table)
    t.same(faultsOf(records, shown).sort(), faults.sort(), what)
})

t.test('a message that is shown although it is EXPIRED is found', async (t) => {
  const expired = sent('b', {
    ...{ state: 'FAILED', messageState: 'FAILED', errorCode: 'EXPIRED', attempts: 0, numbers: [] },
    ...{ history: ['QUEUED', 'FAILED'], audit: { CREATED: 1, FAILED: 1 } },
    ...{ timeline: { MESSAGE_FAILED: 1 }, events: { FAILED: 1 } },
  })
  t.same(faultsOf([sent('a'), expired], ['a']), [])
  t.same(faultsOf([sent('a'), expired], ['a', 'b']), ['sentAfterEnd'])
})
