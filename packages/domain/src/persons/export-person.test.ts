import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessages } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { fillPerson } from '../testing/fill-person.ts'
import { startDomain } from '../testing/start-domain.ts'
import { exportPerson } from './export-person.ts'
import { findPerson } from './person.ts'

const domain = await startDomain(t)
const { db } = domain
const PERSON = { phone: '+5511987654301', lid: '98765430100001@lid', mark: 'mk7f3a' }
const NEIGHBOUR = { phone: '+5511987654302', lid: '98765430200002@lid', mark: 'nb4c1e' }
const filled = await fillPerson(domain, PERSON)
await fillPerson(domain, NEIGHBOUR)

async function read(contactId: string): Promise<string> {
  const person = await findPerson(db, { tenantId: 'acme', contactId })
  if (!person) throw new Error('there is no such contact')
  let text = ''
  for await (const piece of exportPerson(db, person)) text += piece
  return text
}

t.test('all that was stored of a person is handed out, and nothing of another one', async (t) => {
  const text = await read(filled.contactId)
  const what = [
    ...[
      'name',
      'push',
      'document',
      'reg',
      'attribute',
      'first',
      'before the edit',
      'edited',
      'reaction',
      'early',
    ],
    ...[
      'call',
      'file.jpg',
      'poll',
      'option',
      'note',
      'source',
      'field',
      'answer',
      'sent',
      'dossier',
      'subject',
    ],
    ...[
      'key',
      'response',
      'receipt',
      'failed',
      'refused',
      'cancelled',
      'to the group',
      'by LID',
      'in the group',
    ],
    ...['set aside', 'done', 'waiting', 'sent.pdf', 'brought.pdf', 'caption'],
  ]
  for (const one of what) t.match(text, `${PERSON.mark} ${one}`, one)
  t.notMatch(text, NEIGHBOUR.mark)
  t.notMatch(text, NEIGHBOUR.phone.slice(1))
  t.notMatch(text, '5511900000009', 'nor what another member of the group wrote')
})

t.test('it is one JSON object, with its files by their addresses and its end marked', async (t) => {
  const { contactId, ticketId, fileId } = filled
  const person = JSON.parse(await read(contactId))
  t.match(person, {
    format: 'carteiro.person/1',
    contact: { id: contactId, phone: PERSON.phone },
    complete: true,
  })
  t.equal(person.tickets.length, 3, 'that of the contact which went into it as well')
  t.match(person.tickets.at(-1), { id: ticketId, status: 'open' })
  t.match(person.files, [{ messageId: fileId, href: `/api/messages/${fileId}/media`, state: 'pending' }])
  const file = person.tickets.at(-1).messages.find(({ id }: { id: string }) => id === fileId)
  t.equal(file.file, `/api/messages/${fileId}/media`)
  const deliveries = person.tickets
    .at(-1)
    .messages.flatMap(({ delivery }: { delivery: unknown }) => delivery ?? [])
  t.match(deliveries, [
    { state: 'SENT', intent: 'document' },
    { state: 'READ', attempts_made: [{ outcome: 'sent' }], history: [{ state: 'QUEUED' }, {}, {}] },
    { state: 'FAILED' },
    { state: 'CANCELLED' },
  ])
  t.same(
    person.uploads.map(({ id }: { id: string }) => id),
    filled.uploadIds,
  )
  t.equal(person.messagesInGroups.length, 2)
})

t.test('more than a page of anything is handed out once, in order', async (t) => {
  const phone = '+5511987654303'
  const texts = Array.from({ length: 250 }, (_, n) => `message ${n}`)
  await commit(domain, (work) =>
    saveMessages(
      work,
      texts.map((text) => messageEnvelope({ phone, text })),
    ),
  )
  const { id } = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow()
  const { tickets } = JSON.parse(await read(id))
  t.same(
    tickets[0].messages.map(({ text }: { text: string }) => text),
    texts,
  )
  t.equal(tickets[0].activities.length, 251)
})
