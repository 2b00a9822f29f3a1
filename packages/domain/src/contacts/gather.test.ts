import t from 'tap'
import { gather, type StoredContact, tellsNew } from './gather.ts'
import type { KnownOfContact } from './upsert.ts'

const stored = (id: string, fields: Partial<StoredContact>): StoredContact => ({
  tenant_id: 'acme',
  id,
  phone: null,
  lid: null,
  jid: null,
  name: null,
  named: false,
  push_name: null,
  document: null,
  registrations: [],
  avatar_url: null,
  ...fields,
})
const person = (fields: Partial<KnownOfContact>): KnownOfContact => ({
  kind: 'person',
  phone: null,
  lid: null,
  jid: null,
  ...fields,
})
const told = (...contacts: Partial<KnownOfContact>[]) =>
  contacts.map((fields) => ({ tenantId: 'acme', contact: person(fields) }))
const idsOf = (rows: StoredContact[], ...contacts: Partial<KnownOfContact>[]) =>
  gather(rows, told(...contacts)).map(({ id }) => id)

t.test('messages find the contact by what the ones before them told', async (t) => {
  const ids = idsOf(
    [stored('a', { phone: '+1' })],
    { phone: '+1' },
    { phone: '+1', lid: '1@lid' },
    { lid: '1@lid' },
  )
  t.same(ids, ['a', 'a', 'a'])
  const [one, ...others] = idsOf([], { lid: '1@lid' }, { lid: '1@lid', phone: '+1' }, { phone: '+1' })
  t.same(others, [one, one], 'also one that is not made yet')
})

t.test('a LID beside a phone that has another one is nobody\u2019s', async (t) => {
  const rows = [stored('a', { phone: '+1', lid: '1@lid' })]
  const [first, second, third] = idsOf(
    rows,
    { phone: '+1', lid: '2@lid' },
    { lid: '1@lid' },
    { lid: '2@lid' },
  )
  t.same([first, second], ['a', 'a'])
  t.not(third, 'a')
})

t.test('the first that names two contacts waits for those before it', async (t) => {
  const rows = [stored('a', { phone: '+1' }), stored('b', { lid: '1@lid' })]
  t.same(idsOf(rows, { phone: '+1' }, { lid: '1@lid' }, { phone: '+1', lid: '1@lid' }, { phone: '+1' }), [
    'a',
    'b',
  ])
  t.same(idsOf(rows, { phone: '+1', lid: '1@lid' }), [])
  t.equal(idsOf([], { phone: '+1' }, { lid: '1@lid' }, { phone: '+1', lid: '1@lid' }).length, 2)
})

t.test('the same address is another contact for another tenant', async (t) => {
  const [ours, theirs] = gather(
    [stored('a', { phone: '+1' })],
    ['acme', 'other'].map((tenantId) => ({ tenantId, contact: person({ phone: '+1' }) })),
  )
  t.equal(ours?.id, 'a')
  t.not(theirs?.id, 'a')
})

t.test('of names the last one told counts, of addresses the first one', async (t) => {
  const [one] = gather(
    [],
    told(
      { phone: '+1', pushName: 'Mari', registrations: ['A'] },
      { phone: '+1', lid: '1@lid', name: 'Maria' },
      { phone: '+1', lid: '2@lid', pushName: 'M.', registrations: [] },
    ),
  )
  t.match(one?.known, { phone: '+1', lid: '1@lid', name: 'Maria', pushName: 'M.', registrations: ['A'] })
})

t.test('a contact is written only when something new is told', async (t) => {
  const row = stored('a', {
    ...{ phone: '+1', name: 'Mari', push_name: 'Mari', document: '1', registrations: ['A'], avatar_url: 'u' },
  })
  const cases: [Partial<KnownOfContact>, boolean, StoredContact?][] = [
    [{}, false],
    [{ pushName: 'Mari', document: '1', registrations: ['A'], avatarUrl: 'u' }, false],
    [{ registrations: [] }, false],
    [{ lid: '1@lid' }, true],
    [{ name: 'Mari' }, true],
    [{ name: 'Mari' }, false, { ...row, named: true }],
    [{ pushName: 'M.' }, true],
    [{ pushName: 'M.' }, true, { ...row, named: true }],
    [{ pushName: 'Mari' }, true, { ...row, name: null }],
    [{ pushName: 'Mari' }, false, { ...row, name: 'Maria', named: true }],
    [{ document: '2' }, true],
    [{ registrations: ['A', 'B'] }, true],
    [{ avatarUrl: 'v' }, true],
  ]
  for (const [fields, expected, contact = row] of cases) {
    const [one] = gather([contact], told({ phone: '+1', ...fields }))
    t.equal(one && tellsNew(one), expected, JSON.stringify(fields))
  }
})
