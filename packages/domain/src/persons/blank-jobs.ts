import type { Envelope } from '@carteiro/contracts/envelope'
import { namePatternsOf } from '@carteiro/contracts/person'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { INBOUND_DEAD_QUEUE, INBOUND_QUEUES } from '@carteiro/queue/jobs'
import { QUEUE_SCHEMA } from '@carteiro/queue/wake-channel'
import { sql } from 'kysely'
import { z } from 'zod'
import { mentions } from './mentions.ts'
import type { ErasureRun, Step } from './step.ts'
import { isNamed, withoutPerson } from './without-person.ts'

const JOBS = sql.table(`${QUEUE_SCHEMA}.job`)
const QUEUES = [...INBOUND_QUEUES, INBOUND_DEAD_QUEUE]
/** Jobs that are looked at together: a job may hold a thousand events, and few of them name anybody. */
const LOOK = 200

const Place = z.object({ queue: z.number(), id: z.uuid() })
const FIRST = { queue: 0, id: '00000000-0000-0000-0000-000000000000' }

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
  const place = run.place === null ? FIRST : Place.parse(run.place)
  if (place === FIRST) await dropEarly(transaction, run)
  const name = QUEUES[place.queue]
  if (name === undefined) return { next: 'step' }
  const last = await blankLooked(transaction, run, { name, after: place.id })
  const next = last === undefined ? { ...FIRST, queue: place.queue + 1 } : { ...place, id: last }
  return { next: 'more', place: next }
}

/** What could not be stored yet. */
async function dropEarly(transaction: DatabaseTransaction, run: ErasureRun): Promise<void> {
  await sql`
    delete from pending_change where tenant_id = ${run.tenant_id} and ${mentions(run, sql`envelope::text`)}
      and received_at <= ${run.started_at}`.execute(transaction)
  await sql`
    delete from early_receipt where tenant_id = ${run.tenant_id} and received_at <= ${run.started_at}
      and ${mentions(run, sql`concat(participant, details, error)`)}`.execute(transaction)
}

/** By the key, as the person may be in none of very many. @returns behind which job the queue goes on */
async function blankLooked(
  transaction: DatabaseTransaction,
  run: ErasureRun,
  { name, after }: { name: string; after: string },
): Promise<string | undefined> {
  const { rows: looked } = await sql<{ id: string }>`
    select id from ${JOBS} where name = ${name} and id > ${after}::uuid order by id limit ${LOOK}`.execute(
    transaction,
  )
  const { rows } = await sql<NamingJob>`
    select id, name, data from ${JOBS}
    where name = ${name} and id = any(${looked.map(({ id }) => id)}::uuid[])
      and (state >= 'completed' or name = ${INBOUND_DEAD_QUEUE}) and created_on <= ${run.started_at}
      and ${mentions(run, sql`data::text`)} and data::text like ${`%"tenantId": "${run.tenant_id}"%`}
    order by id for update skip locked`.execute(transaction)
  for (const job of rows) await rewrite(transaction, run, job)
  return looked.length === LOOK ? looked.at(-1)?.id : undefined
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
  const mend = (each: Envelope) => (own(each) ? withoutPerson(each, namePatternsOf(run.jids)) : each)
  const data = envelope
    ? withoutPerson(job.data, namePatternsOf(run.jids))
    : { ...job.data, envelopes: kept?.map(mend) }
  await sql`update ${JOBS} set data = ${JSON.stringify(data)}::jsonb where ${isJob}`.execute(transaction)
}

/** What it wrote or did itself, and what was told of it. */
function isPersons({ tenant_id: tenantId, jids }: ErasureRun, envelope: Envelope): boolean {
  if (envelope.tenantId !== tenantId) return false
  if (jids.includes(envelope.chatKey)) return true
  if ('participantJid' in envelope && envelope.participantJid && jids.includes(envelope.participantJid))
    return true
  return envelope.kind === 'contact' && isNamed(envelope, namePatternsOf(jids))
}
