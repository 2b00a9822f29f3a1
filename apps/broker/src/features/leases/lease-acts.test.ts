import assert from 'node:assert/strict'
import { createTestDatabase } from '@carteiro/database/test-database'
import fc from 'fast-check'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { LeaseLostError, requireLease } from '../../held-lease.ts'
import { createInOrder } from '../../in-order.ts'
import { createLeaseActs, type LeaseKey } from './lease-acts.ts'

const connection = await createTestDatabase(t)
const { db } = connection
const { signal } = new AbortController()

/** Longer than any test: what ends, ends by an act. */
const TTL_MS = 3_600_000
const BUDGET_MS = 15_000
const INSTANCES = ['a', 'b', 'c', 'd']

type Act =
  | { act: 'claim'; broker: number; limit: number; adopt: boolean }
  | { act: 'renew'; broker: number }
  | { act: 'release'; broker: number; which: number }
  /** Its process dies, and another one comes with the same id. */
  | { act: 'restart'; broker: number }
  /** So much time passes that this lease has run out. */
  | { act: 'expire'; which: number }
  | { act: 'want'; which: number; wanted: boolean }
  /** The instance is deleted and made again. */
  | { act: 'remake'; which: number }

const broker = fc.nat(2)
const which = fc.nat(INSTANCES.length - 1)
const act = <Name extends Act['act']>(name: Name) => fc.constant(name)
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: act('claim'), broker, limit: fc.integer({ min: 1, max: 3 }), adopt: fc.boolean() }),
  fc.record({ act: act('renew'), broker }),
  fc.record({ act: act('release'), broker, which }),
  fc.record({ act: act('restart'), broker }),
  fc.record({ act: act('expire'), which }),
  fc.record({ act: act('want'), which, wanted: fc.boolean() }),
  fc.record({ act: act('remake'), which }),
)

const makeInstance = (id: string) =>
  db.insertInto('broker.instance').values({ id, tenant_id: 'demo', name: id, wanted: true }).execute()

const deleteInstance = (id: string) => db.deleteFrom('broker.instance').where('id', '=', id).execute()

async function remake(id: string): Promise<void> {
  await deleteInstance(id)
  await makeInstance(id)
}

/** All instances made anew, and nobody there. */
async function startAnew(): Promise<void> {
  for (const id of INSTANCES) await remake(id)
  await db.deleteFrom('broker.node').execute()
}

/** What one broker believes that it holds, and of which instances nobody else may have it: their time is not over. */
function createBroker(number: number) {
  const id = `broker-${number}`
  const acts = createLeaseActs({ ...connection, holder: () => ({ id, address: null }), ttlMs: TTL_MS })
  return {
    id,
    acts,
    inOrder: createInOrder(),
    believes: new Map<string, LeaseKey>(),
    safe: new Set<string>(),
  }
}

function startBrokers() {
  const brokers = [0, 1, 2].map(createBroker)
  const generations = new Map<string, number[]>()
  const remakes = createInOrder()

  async function actOn(one: (typeof brokers)[number], given: Act): Promise<void> {
    const { acts, believes, safe } = one
    if (given.act === 'claim') {
      const { limit, adopt } = given
      for (const taken of await acts.claim({ limit, adopt, held: [...believes.keys()] })) {
        believes.set(taken.instanceId, taken)
        safe.add(taken.instanceId)
        const list = generations.get(taken.instanceId) ?? []
        generations.set(taken.instanceId, [...list, Number(taken.generation)])
      }
    } else if (given.act === 'renew') {
      const { kept } = await acts.renew([...believes.values()], { leaving: false })
      const still = new Set(kept.map(({ instanceId }) => instanceId))
      for (const id of believes.keys()) if (!still.has(id)) believes.delete(id)
      for (const id of believes.keys()) safe.add(id)
    } else if (given.act === 'release') {
      const lease = [...believes.values()][given.which]
      if (!lease) return
      believes.delete(lease.instanceId)
      safe.delete(lease.instanceId)
      await acts.release([lease])
    } else if (given.act === 'restart') {
      believes.clear()
      safe.clear()
    }
  }

  async function perform(given: Act): Promise<void> {
    if ('broker' in given) {
      const one = brokers[given.broker]
      if (one) await one.inOrder.run('acts', () => actOn(one, given))
      return
    }
    const id = INSTANCES[given.which] ?? ''
    if (given.act === 'expire') {
      await db
        .updateTable('broker.instance_lease')
        .set({ expires_at: sql<Date>`now()` })
        .where('instance_id', '=', id)
        .execute()
    } else if (given.act === 'want') {
      await db.updateTable('broker.instance').set({ wanted: given.wanted }).where('id', '=', id).execute()
    } else {
      await remakes.run(id, () => remake(id))
    }
  }
  return { brokers, generations, perform }
}

type Brokers = ReturnType<typeof startBrokers>

/** The instances whose lease may have ended by these acts. */
const endedBy = (group: Act[]): string[] =>
  group.flatMap((given) =>
    given.act === 'expire' || given.act === 'remake' ? (INSTANCES[given.which] ?? []) : [],
  )

/** Of all who believe to hold an instance, the fence lets at most one write: the one that took it last. */
async function atMostOneMayWrite({ brokers }: Brokers): Promise<void> {
  const rows = await db.selectFrom('broker.instance_lease').selectAll().execute()
  const newest = new Map(rows.map((row) => [row.instance_id, row]))
  for (const id of INSTANCES) {
    const believers = brokers.filter(({ believes }) => believes.has(id))
    let writers = 0
    for (const { id: holder, believes, safe } of believers) {
      const lease = believes.get(id)
      if (!lease) continue
      const mayWrite = await requireLease(db, { ...lease, signal }).then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof LeaseLostError)
          return false
        },
      )
      assert.ok(mayWrite || !safe.has(id), `${holder} lost ${id} before its time`)
      if (!mayWrite) continue
      writers += 1
      assert.equal(newest.get(id)?.holder, holder, `${id} is written by its holder alone`)
    }
    assert.ok(writers <= 1, `${writers} brokers may write ${id}`)
  }
}

function generationsRise({ generations }: Brokers): void {
  for (const [id, list] of generations) {
    assert.equal(new Set(list).size, list.length, `no generation of ${id} came twice`)
  }
}

test('whatever brokers do at once, one of them at most may write an instance, and generations rise', async (t) => {
  const endsAt = performance.now() + BUDGET_MS
  const histories = fc.array(fc.array(anyAct, { minLength: 1, maxLength: 3 }), {
    minLength: 5,
    maxLength: 20,
  })
  await t.resolves(
    fc.assert(
      fc.asyncProperty(histories, async (groups) => {
        if (performance.now() > endsAt) return
        await startAnew()
        const before = startBrokers()
        for (const group of groups) {
          const highest = await highestGenerations()
          await Promise.all(group.map(before.perform))
          for (const { safe } of before.brokers) for (const id of endedBy(group)) safe.delete(id)
          for (const [id, generation] of await highestGenerations()) {
            assert.ok(generation >= (highest.get(id) ?? 0), `the generation of ${id} fell`)
          }
          await atMostOneMayWrite(before)
        }
        generationsRise(before)
      }),
      { numRuns: 60, endOnFailure: true, includeErrorInReport: true },
    ),
  )
})

async function highestGenerations(): Promise<Map<string, number>> {
  const rows = await db.selectFrom('broker.instance_lease').select(['instance_id', 'generation']).execute()
  return new Map(rows.map((row) => [row.instance_id, row.generation]))
}

test('brokers that claim at the same time share all, and nobody waits for another', async (t) => {
  await startAnew()
  const brokers = [0, 1, 2].map(createBroker)
  const taken = await Promise.all(brokers.map(({ acts }) => acts.claim({ limit: 4, adopt: false, held: [] })))
  t.same(
    taken
      .flat()
      .map(({ instanceId }) => instanceId)
      .sort(),
    INSTANCES,
  )
  t.match(await brokers[0]?.acts.claim({ limit: 4, adopt: false, held: [] }), [], 'nothing is left')
})

test('an earlier process of the same id is succeeded at once, another broker when its lease ran out', async (t) => {
  await startAnew()
  const [dead, other] = [createBroker(0), createBroker(1)]
  const first = await dead.acts.claim({ limit: 4, adopt: false, held: [] })
  t.same(await other.acts.claim({ limit: 4, adopt: true, held: [] }), [], 'nobody else adopts them')
  const adopted = await createBroker(0).acts.claim({ limit: 3, adopt: true, held: [] })
  t.same(
    adopted.map(({ instanceId, from }) => [instanceId, from]),
    ['a', 'b', 'c'].map((id) => [id, 'broker-0']),
  )
  for (const [index, lease] of adopted.entries())
    t.ok(Number(lease.generation) > Number(first[index]?.generation))
  await sql`update broker.instance_lease set expires_at = now()`.execute(db)
  const later = await other.acts.claim({ limit: 9, adopt: false, held: [] })
  t.same(
    later.map(({ from }) => from),
    Array(4).fill('broker-0'),
  )
  await other.acts.release(later)
  const freed = await dead.acts.claim({ limit: 9, adopt: false, held: [] })
  t.same(
    freed.map(({ from }) => from),
    Array(4).fill(null),
    'what was given up is taken from nobody',
  )
})

test('a renewal tells what is lost, what nobody wants, and how many brokers share', async (t) => {
  await startAnew()
  const [one, two] = [createBroker(0), createBroker(1)]
  await two.acts.renew([], { leaving: false })
  const leases = await one.acts.claim({ limit: 4, adopt: false, held: [] })
  await db.updateTable('broker.instance').set({ wanted: false }).where('id', '=', 'b').execute()
  await deleteInstance('c')
  const round = await one.acts.renew(leases, { leaving: false })
  t.same(
    round.kept.toSorted((x, y) => (x.instanceId < y.instanceId ? -1 : 1)),
    [
      { instanceId: 'a', wanted: true },
      { instanceId: 'b', wanted: false },
      { instanceId: 'd', wanted: true },
    ],
  )
  t.match(round, { wanted: 2, live: 2, othersEndInMs: null })
  const seen = await two.acts.renew([], { leaving: false })
  t.ok(seen.othersEndInMs !== null && seen.othersEndInMs > 0 && seen.othersEndInMs <= TTL_MS)
  await two.acts.renew([], { leaving: true })
  t.match(await one.acts.renew([], { leaving: false }), { live: 1 })
})

test('a lease under whose fence a write is under way is passed over, and taken in the next round', async (t) => {
  await startAnew()
  const [slow, other] = [createBroker(0), createBroker(1)]
  const leases = await slow.acts.claim({ limit: 4, adopt: false, held: [] })
  await sql`update broker.instance_lease set expires_at = now()`.execute(db)
  const claim = () => other.acts.claim({ limit: 4, adopt: false, held: [] })
  const idsOf = async () => (await claim()).map(({ instanceId }) => instanceId)
  await db.transaction().execute(async (write) => {
    const [lease] = leases
    if (!lease) throw new Error('no lease')
    await requireLease(write, { ...lease, signal })
    t.same(await idsOf(), ['b', 'c', 'd'])
  })
  t.same(await idsOf(), ['a'])
})
