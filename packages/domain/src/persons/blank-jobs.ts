import type { Envelope } from '@carteiro/contracts/envelope'
import { namesOf } from '@carteiro/contracts/person'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { INBOUND_DEAD_QUEUE, INBOUND_QUEUES } from '@carteiro/queue/jobs'
import { QUEUE_SCHEMA } from '@carteiro/queue/wake-channel'
import { sql } from 'kysely'
import { mentions } from './mentions.ts'
import { BATCH, type ErasureRun, idOf, type Step } from './step.ts'
import { isNamed, withoutPerson } from './without-person.ts'

const JOBS = sql.table(`${QUEUE_SCHEMA}.job`)

interface NamingJob {
  id: string
  name: string
  data: { envelopes?: Envelope[]; envelope?: Envelope }
}

/**
 * Events that are kept of jobs which are done, and those that were set aside: the person's are gone, others are
 * without it. Jobs of after the beginning are a new contact's.
 */
export const eraseJobs: Step = async ({ transaction }, run) => {
  await sql`
    delete from pending_change where tenant_id = ${run.tenant_id} and ${mentions(run, sql`envelope::text`)}
      and received_at <= ${run.started_at}`.execute(transaction)
  await sql`
    delete from early_receipt where tenant_id = ${run.tenant_id} and received_at <= ${run.started_at}
      and ${mentions(run, sql`concat(participant, details, error)`)}`.execute(transaction)
  const { rows } = await sql<NamingJob>`
    select id, name, data from ${JOBS}
    where ((name = any(${INBOUND_QUEUES}::text[]) and state >= 'completed') or name = ${INBOUND_DEAD_QUEUE})
      and created_on <= ${run.started_at} and ${mentions(run, sql`data::text`)}
      and data::text like ${`%"tenantId": "${run.tenant_id}"%`}
      and id > ${idOf(run)}::uuid
    order by id limit ${BATCH} for update skip locked`.execute(transaction)
  for (const job of rows) await rewrite(transaction, run, job)
  const last = rows.at(-1)
  return last && rows.length === BATCH ? { next: 'more', place: { id: last.id } } : { next: 'step' }
}

async function rewrite(transaction: DatabaseTransaction, run: ErasureRun, job: NamingJob): Promise<void> {
  const { envelopes, envelope } = job.data
  const isJob = sql`name = ${job.name} and id = ${job.id}`
  if (envelope && isPersons(run, envelope)) {
    await sql`delete from ${JOBS} where ${isJob}`.execute(transaction)
    return
  }
  const kept = envelopes?.filter((each) => !isPersons(run, each))
  const own = (each: Envelope) => each.tenantId === run.tenant_id
  const mend = (each: Envelope) => (own(each) ? withoutPerson(each, namesOf(run.jids)) : each)
  const data = envelope
    ? withoutPerson(job.data, namesOf(run.jids))
    : { ...job.data, envelopes: kept?.map(mend) }
  await sql`update ${JOBS} set data = ${JSON.stringify(data)}::jsonb where ${isJob}`.execute(transaction)
}

/** What it wrote or did itself, and what was told of it. */
function isPersons({ tenant_id: tenantId, jids }: ErasureRun, envelope: Envelope): boolean {
  if (envelope.tenantId !== tenantId) return false
  if (jids.includes(envelope.chatKey)) return true
  if ('participantJid' in envelope && envelope.participantJid && jids.includes(envelope.participantJid))
    return true
  return envelope.kind === 'contact' && isNamed(envelope, namesOf(jids))
}
