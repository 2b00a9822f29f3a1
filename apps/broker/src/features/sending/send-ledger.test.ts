import { createTestDatabase } from '@carteiro/database/test-database'
import { createSeal } from '@carteiro/runtime/seal'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { SendLedger } from './send-ledger.ts'

const { db } = await createTestDatabase(t)
await db.insertInto('broker.instance').values({ id: 'main', tenant_id: 'demo', name: 'n' }).execute()
const seal = createSeal(Buffer.alloc(32))

async function untilWaiting(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    if (rows.length > 0) return
  }
}

test('a key is begun whose row another broker wrote, and dropped before it was found', async (t) => {
  const send = {
    ...{ instanceId: 'main', idempotencyKey: 'k', waMessageId: 'ID', requestHash: Buffer.alloc(32) },
    content: { conversation: 'hello' },
  }
  const other = new SendLedger(db, seal)
  let statements = 0
  const ledger = new SendLedger(
    db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        statements += 1
        // The row kept ours from being written, and cannot be seen by the statement that met it.
        if (statements === 1) await other.drop('main', 'k')
        return result
      },
    }),
    seal,
  )
  const begun = await db.transaction().execute(async (transaction) => {
    t.equal(await new SendLedger(transaction, seal).begin(send), undefined)
    const waits = ledger.begin(send)
    await untilWaiting()
    return { waits }
  })
  t.equal(await begun.waits, undefined)
  t.equal(statements, 3, 'written, looked for, written again')
  t.match(await ledger.find('main', 'k'), { answer: undefined })
})
