import type { TicketView } from '@carteiro/contracts/ticket'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { upsertContact } from '../contacts/upsert.ts'
import { commit } from '../events/unit-of-work.ts'
import { startDomain } from '../testing/start-domain.ts'
import { hasTicket } from './find-ticket.ts'
import { listTickets, type TicketCursor } from './list-tickets.ts'

const domain = await startDomain(t)
const { db } = domain

async function addTicket(tenantId: string, n: number, lastMessageAt: string | null): Promise<string> {
  const phone = `+55119${String(n).padStart(8, '0')}`
  const id = newId()
  await commit(domain, async (work) => {
    const contact = await upsertContact(work, tenantId, {
      kind: 'person',
      phone,
      lid: null,
      jid: null,
      name: `Contact ${n}`,
    })
    await work.transaction
      .insertInto('ticket')
      .values({
        tenant_id: tenantId,
        id,
        contact_id: contact.id,
        instance_id: `${tenantId}-phone`,
        queue_id: null,
        assignee_id: null,
        preview: null,
        last_message_at: lastMessageAt,
      })
      .execute()
  })
  return id
}

async function readAll(limit: number, onPage?: () => Promise<unknown>): Promise<TicketView[]> {
  const items: TicketView[] = []
  let after: TicketCursor | undefined
  for (let pages = 0; pages < 100; pages++) {
    const page = await listTickets(db, { tenantId: 'acme', after, limit })
    items.push(...page.items)
    t.ok(page.items.length <= limit)
    if (page.next === null) return items
    after = page.next
    await onPage?.()
  }
  throw new Error('the list does not end')
}

// Apart by a microsecond, alike, never written in, and in no order of making.
const times = [
  '2024-05-02T13:05:00.000001Z',
  '2024-05-02T13:05:00.000002Z',
  '2024-05-02T13:05:00.000001Z',
  '2024-05-02T13:04:00Z',
  '2024-05-02T13:05:00.000001Z',
  null,
  '2024-05-02T13:05:00Z',
  '2024-05-02T13:04:00Z',
  '2024-05-02T13:05:00.000001Z',
  null,
]
const ids: string[] = []
for (const [n, time] of times.entries()) ids.push(await addTicket('acme', n, time))
await addTicket('other', 99, '2024-05-02T13:05:00.000001Z')

t.test('pages of any size give every ticket once, in one order', async (t) => {
  const whole = (await listTickets(db, { tenantId: 'acme', limit: 100 })).items.map(({ id }) => id)
  t.same([...whole].sort(), [...ids].sort())
  for (let limit = 1; limit <= ids.length + 1; limit++) {
    t.same(
      (await readAll(limit)).map(({ id }) => id),
      whole,
      `pages of ${limit}`,
    )
  }
})

t.test('the latest activity comes first, to the microsecond', async (t) => {
  const { rows } = await sql<{ id: string }>`
    select id from ticket where tenant_id = 'acme'
    order by coalesce(last_message_at, created_at) desc, id`.execute(db)
  t.same(
    (await readAll(3)).map(({ id }) => id),
    rows.map(({ id }) => id),
  )
})

t.test('a page that ends exactly at the end says that there is no next', async (t) => {
  t.equal((await listTickets(db, { tenantId: 'acme', limit: ids.length })).next, null)
  t.not((await listTickets(db, { tenantId: 'acme', limit: ids.length - 1 })).next, null)
})

t.test('what is opened while somebody turns pages neither repeats nor hides what was there', async (t) => {
  let n = 100
  const seen = await readAll(2, () => addTicket('acme', n++, new Date().toISOString()))
  const old = seen.map(({ id }) => id).filter((id) => ids.includes(id))
  t.same([...old].sort(), [...ids].sort())
})

t.test('a ticket shows its contact, and belongs to its tenant alone', async (t) => {
  const [theirs, ...none] = (await listTickets(db, { tenantId: 'other', limit: 10 })).items
  t.same(none, [])
  t.match(theirs, {
    status: 'open',
    instanceId: 'other-phone',
    lastMessageAt: '2024-05-02T13:05:00.000Z',
    contact: { name: 'Contact 99', phone: '+5511900000099', isGroup: false },
  })
  const id = theirs?.id ?? ''
  t.equal(await hasTicket(db, { tenantId: 'other', id }), true)
  t.equal(await hasTicket(db, { tenantId: 'acme', id }), false)
})
