import type { Erasure } from '@carteiro/contracts/person'
import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { ErasureRun, Step } from './step.ts'

/** What a broker is asked to forget. */
export interface Forgotten {
  instanceId: string
  jids: string[]
  /** What was sent to the person lately; the broker keeps its sends by these. */
  messageIds: string[]
  /** What is younger is a new contact's. */
  until: string
}

/** `unknown`: the broker has no such instance, or knows no such request. `away`: it is asked again. */
export type Forget = (person: Forgotten) => Promise<'forgotten' | 'unknown' | 'away'>

/** A broker's ledger goes back a week; a message may have been sent later than it was made. */
const SENT_WITHIN = sql`interval '30 days'`
/** Ids in one request. */
const IDS = 1_000

interface AskedInstance {
  id: string
  delivery: 'push' | 'pull'
}

/**
 * Tells the brokers of a tenant's linked phones, one after another; what each did is written down at once. A broker
 * that pulls cannot be called: what it keeps goes after its own time.
 */
export async function tellBrokers(db: Database, forget: Forget, run: ErasureRun): Promise<void> {
  const { tenant_id: tenantId, jids } = run
  const { rows: instances } = await sql<AskedInstance>`
    select id, delivery from instance where tenant_id = ${tenantId} and transport = 'baileys'
      and not ${JSON.stringify(run.brokers)}::jsonb ? id
    order by id`.execute(db)
  for (const { id: instanceId, delivery } of instances) {
    const told = delivery === 'pull' ? 'not_callable' : await tellOne(db, forget, { run, instanceId, jids })
    if (told !== 'away') await writeDown(db, run, { [instanceId]: told })
  }
}

async function tellOne(
  db: Database,
  forget: Forget,
  { run, instanceId, jids }: { run: ErasureRun; instanceId: string; jids: string[] },
): ReturnType<Forget> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const { rows } = await sql<{ id: string }>`
      select d.id from ticket k join message m on m.tenant_id = k.tenant_id and m.ticket_id = k.id
        join delivery d on d.tenant_id = m.tenant_id and d.id = m.id
      where k.tenant_id = ${run.tenant_id} and k.contact_id = ${run.contact_id} and k.instance_id = ${instanceId}
        and m.direction = 'outbound' and d.updated_at > now() - ${SENT_WITHIN} and d.id > ${after}::uuid
      order by d.id limit ${IDS}`.execute(db)
    const until = (run.started_at ?? run.requested_at).toISOString()
    const told = await forget({ instanceId, jids, messageIds: rows.map(({ id }) => id), until })
    const last = rows.at(-1)
    if (told !== 'forgotten' || !last || rows.length < IDS) return told
    after = last.id
  }
}

const writeDown = (db: Database, run: ErasureRun, told: Erasure['brokers']) =>
  sql`
    update contact_erasure set brokers = brokers || ${JSON.stringify(told)}::jsonb
    where tenant_id = ${run.tenant_id} and contact_id = ${run.contact_id}`.execute(db)

/** Until each has been told. */
export const awaitBrokers: Step = async ({ transaction }, run) => {
  const { rows } = await sql<{ id: string }>`
    select id from instance where tenant_id = ${run.tenant_id} and transport = 'baileys'
      and not ${JSON.stringify(run.brokers)}::jsonb ? id
    order by id limit 1`.execute(transaction)
  const [away] = rows
  return away ? { next: 'wait', waitingFor: `the broker of ${away.id}` } : { next: 'step' }
}
