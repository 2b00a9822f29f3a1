import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { createTenant } from '../tenants/create-tenant.ts'
import { anyEvent } from '../testing/any-event.ts'
import { startDomain } from '../testing/start-domain.ts'
import { readEvents, readLastSeq } from './read.ts'
import { commit, type UnitOfWork } from './unit-of-work.ts'

const domain = await startDomain(t)
const { db } = domain
await createTenant({ db }, { id: 'third', name: 'third' })
const TENANTS = ['acme', 'other', 'third']

const marksOf = async (tenantId: string, after = 0) =>
  (await readEvents(db, { tenantId, after, limit: 10_000 })).map(({ payload }) => payload.instanceId)
const seqsOf = async (tenantId: string) =>
  (await readEvents(db, { tenantId, after: 0, limit: 10_000 })).map(({ seq }) => seq)
const dense = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

t.test(
  'twenty writers over three tenants, some of which roll back, number each log without a gap',
  async (t) => {
    const committed = new Map(TENANTS.map((tenant) => [tenant, [] as string[]]))
    const write = async (writer: number) => {
      for (let round = 0; round < 10; round++) {
        // Each in an order of its own: counters that were locked as they come would deadlock.
        const tenants = TENANTS.toSorted(() => Math.sin(writer * 31 + round)).slice(
          0,
          1 + ((writer + round) % 3),
        )
        const fails = (writer + round) % 4 === 0
        const mark = `${writer}-${round}`
        const act = commit(domain, async (work) => {
          for (const tenant of tenants) work.record(anyEvent(tenant, mark))
          if (fails) await work.transaction.executeQuery(sql`select 1 / 0`.compile(db))
        })
        if (fails) await t.rejects(act, /division by zero/)
        else {
          await act
          for (const tenant of tenants) committed.get(tenant)?.push(mark)
        }
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)))
    for (const tenant of TENANTS) {
      const marks = await marksOf(tenant)
      t.same(await seqsOf(tenant), dense(marks.length), `${tenant} is dense`)
      t.same(marks.toSorted(), committed.get(tenant)?.toSorted(), `${tenant} has what was committed, once`)
      t.equal(await readLastSeq(db, tenant), marks.length)
    }
  },
)

t.test(
  'a reader that goes on from the last number it saw misses nothing, however the writers commit',
  async (t) => {
    const start = await readLastSeq(db, 'acme')
    const seen: number[] = []
    let writing = true
    const reader = async () => {
      for (let done = false; !done; ) {
        done = !writing
        const events = await readEvents(db, { tenantId: 'acme', after: start + seen.length, limit: 7 })
        seen.push(...events.map(({ seq }) => seq))
        if (events.length > 0) done = false
      }
    }
    const writer = async (name: number) => {
      for (let n = 0; n < 15; n++) {
        await commit(domain, async (work) => {
          work.record(anyEvent('acme', `${name}`))
          // Held open after the numbers are drawn, where a sequence would let others overtake.
          if (n % 3 === 0) await sql`select pg_sleep(0.002)`.execute(work.transaction)
        })
      }
    }
    const reading = reader()
    await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)))
    writing = false
    await reading
    t.same(
      seen,
      dense(120).map((n) => start + n),
    )
  },
)

t.test('the events of one act stand together, in the order in which they were recorded', async (t) => {
  const start = await readLastSeq(db, 'other')
  const act = (name: string) =>
    commit(domain, async (work) => {
      for (const n of [1, 2, 3]) work.record(anyEvent('other', `${name}${n}`))
    })
  await Promise.all(['a', 'b', 'c', 'd'].map(act))
  const marks = (await marksOf('other', start)).join(' ')
  for (const name of ['a', 'b', 'c', 'd']) t.match(marks, `${name}1 ${name}2 ${name}3`)
})

t.test('a part that fails takes its own events and rows back, and nothing else', async (t) => {
  const start = await readLastSeq(db, 'acme')
  const failing = (work: UnitOfWork) =>
    work.part(async () => {
      work.record(anyEvent('acme', 'undone'))
      await sql`insert into queue (tenant_id, id, name) values ('acme', ${newId()}, 'Undone')`.execute(
        work.transaction,
      )
      throw new Error('poison')
    })
  await commit(domain, async (work) => {
    work.record(anyEvent('acme', 'before'))
    await t.rejects(failing(work), /poison/)
    await work.part(async () => work.record(anyEvent('acme', 'after')))
  })
  t.same(await marksOf('acme', start), ['before', 'after'])
  const queues = await db.selectFrom('queue').select('name').where('name', '=', 'Undone').execute()
  t.same(queues, [])
})

t.test('an event of a tenant that does not exist fails its act', async (t) => {
  const start = await readLastSeq(db, 'acme')
  const act = commit(domain, async (work) => {
    work.record(anyEvent('acme', 'lost'))
    work.record(anyEvent('nobody', 'lost'))
  })
  await t.rejects(act, /no event counter/)
  t.same(await marksOf('acme', start), [])
})
