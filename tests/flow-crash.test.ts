import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import t from 'tap'
import { GREETING, SERVICE, startConversations } from '../apps/worker/src/testing/converse.ts'
import { startBroker } from './outbound-by-http/start-broker.ts'
import { spawnWorker } from './spawn-worker.ts'

const { answersIn, countTurns, domain, said, store, ticketOf, turnOn } = await startConversations(t)
const { db } = domain
const broker = await startBroker(t)

const startWorker = () =>
  spawnWorker(t, {
    DATABASE_URL: domain.url,
    WHATSAPP_BROKER_URL: broker.url,
    WHATSAPP_BROKER_API_KEY: 'the key of the broker',
    STORAGE_PATH: t.testdir(),
  })

async function end(worker: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const ended = once(worker, 'exit')
  worker.kill(signal)
  await ended
}

/** Sessions that have a turn in their hands and wait for a lock. */
const countHeldUp = async (queryable: Queryable = db) =>
  (
    await sql`
      select from pg_locks turn join pg_locks waits on waits.pid = turn.pid and not waits.granted
      where turn.relation = 'flow_turn'::regclass and turn.mode = 'RowExclusiveLock' and turn.granted`.execute(
      queryable,
    )
  ).rows.length

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

t.test(
  'a worker that is killed in the middle of a turn leaves it to the next one, and each text is sent once',
  async (t) => {
    await turnOn()
    const phone = '+5511988879001'
    await store(said(phone, 'Hello'))
    t.equal(await countTurns(), 1)

    // The turn's events come last: with their counter held, everything else of the turn is done, and not committed.
    await db.transaction().execute(async (transaction) => {
      await sql`select from event_counter where tenant_id = 'acme' for update`.execute(transaction)
      const killed = startWorker()
      // Asked in the transaction itself, which would be ended if it were idle for long.
      await until(async () => (await countHeldUp(transaction)) > 0)
      await end(killed, 'SIGKILL')
    })
    await until(async () => (await countHeldUp()) === 0)
    t.same([broker.callsOf(GREETING), broker.callsOf(SERVICE)], [[], []])
    t.equal(await countTurns(), 1, 'it is still to be taken')

    const heir = startWorker()
    await until(() => broker.callsOf(SERVICE).length > 0)
    await end(heir, 'SIGTERM')
    t.equal(broker.callsOf(GREETING).length, 1)
    t.equal(broker.callsOf(SERVICE).length, 1)
    t.equal(await countTurns(), 0)
    t.same(await answersIn((await ticketOf(phone)).id), [GREETING, SERVICE])
  },
)
