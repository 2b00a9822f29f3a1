import { ERASURE_STEPS, type Erasure } from '@carteiro/contracts/person'
import type { Database, Queryable } from '@carteiro/database/connect'
import type { Queue } from '@carteiro/queue/queue'
import { sql } from 'kysely'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { beginErasure } from './begin-erasure.ts'
import { eraseEvents } from './blank-events.ts'
import { eraseInGroups } from './blank-groups.ts'
import { eraseJobs } from './blank-jobs.ts'
import { eraseMessages } from './blank-messages.ts'
import { eraseActivities, eraseTickets } from './blank-tickets.ts'
import { finishErasure } from './finish-erasure.ts'
import type { PersonKey } from './person.ts'
import type { ErasureRun, Step, StepDone } from './step.ts'
import { awaitSends, stopSends } from './stop-sends.ts'
import { awaitBrokers, type Forget, tellBrokers } from './tell-brokers.ts'

type Dependencies = CommitDependencies & { queue: Queue; forget: Forget }
type StepName = Erasure['step']

const STEPS: Record<Exclude<StepName, 'done'>, Step> = {
  begin: beginErasure,
  sends: awaitSends,
  messages: eraseMessages,
  groups: eraseInGroups,
  activities: eraseActivities,
  tickets: eraseTickets,
  events: eraseEvents,
  jobs: eraseJobs,
  brokers: awaitBrokers,
  files: finishErasure,
}

/** What somebody else has to end is looked at again after this. */
const WAIT = sql`interval '10 seconds'`
const MAX_DUE = 100
/** After a failure it is twice that, and again, up to this. */
const WAIT_AT_MOST = sql`interval '30 minutes'`

/** Erasures that can go on, the oldest first. A chore: it looks across tenants. */
export async function findErasures(db: Database): Promise<PersonKey[]> {
  const { rows } = await sql<PersonKey>`
    select tenant_id as "tenantId", contact_id as "contactId" from contact_erasure
    where finished_at is null and next_try_at <= now()
    order by next_try_at limit ${MAX_DUE}`.execute(db)
  return rows
}

/** `busy`: another worker is at it, it is done, or its contact went into another one. */
export type EraseResult = {
  status: 'more' | 'waiting' | 'finished' | 'busy'
  messages: number
  events: number
}

const BUSY: EraseResult = { status: 'busy', messages: 0, events: 0 }

/**
 * The next part of an erasure, in one short transaction with the place at which it stands: a worker that dies in it has
 * done nothing, and the next one goes on where it was. What is done outside of it (sends that are taken back, brokers
 * that are told) may be done twice.
 */
export async function eraseNext(dependencies: Dependencies, person: PersonKey): Promise<EraseResult> {
  await doOutside(dependencies, person)
  return commit(dependencies, async (work) => {
    const run = await lock(work.transaction, person)
    if (!run || run.step === 'done') return BUSY
    const done = await STEPS[run.step](work, run)
    if (done.next === 'gone') return drop(work.transaction, person)
    const step = stepAfter(run.step, done)
    const totals = {
      messages: run.messages + (done.messages ?? 0),
      events: run.events + (done.events ?? 0),
    }
    await sql`
      update contact_erasure set step = ${step}, messages = ${totals.messages}, events = ${totals.events},
        place = ${done.next === 'more' && done.place ? JSON.stringify(done.place) : null}::jsonb,
        waiting_for = ${done.waitingFor ?? null},
        next_try_at = now() + case when ${done.next === 'wait'} then ${WAIT} else interval '0' end,
        jids = case when ${step === 'done'} then '{}' else jids end,
        group_tickets = case when ${step === 'done'} then '{}' else group_tickets end,
        uploads = case when ${step === 'done'} then '{}' else uploads end, failures = 0,
        finished_at = case when ${step === 'done'} then clock_timestamp() end
      where tenant_id = ${person.tenantId} and contact_id = ${person.contactId}`.execute(work.transaction)
    return { status: statusOf(step, done), ...totals }
  })
}

async function drop(db: Queryable, { tenantId, contactId }: PersonKey): Promise<EraseResult> {
  await sql`delete from contact_erasure where tenant_id = ${tenantId} and contact_id = ${contactId}`.execute(
    db,
  )
  return BUSY
}

/** One that came to an error is tried again later, so that it holds up nobody else's. */
export async function postponeErasure(db: Database, { tenantId, contactId }: PersonKey): Promise<void> {
  await sql`
    update contact_erasure set failures = failures + 1, waiting_for = 'another try after an error',
      next_try_at = now() + least(${WAIT} * power(2, least(failures, 10)), ${WAIT_AT_MOST})
    where tenant_id = ${tenantId} and contact_id = ${contactId} and finished_at is null`.execute(db)
}

async function doOutside(dependencies: Dependencies, person: PersonKey): Promise<void> {
  const run = await find(dependencies.db, person).executeTakeFirst()
  if (run?.step === 'sends') await stopSends(dependencies, person)
  if (run?.step === 'brokers') await tellBrokers(dependencies.db, dependencies.forget, run)
}

const find = (db: Pick<Database, 'selectFrom'>, { tenantId, contactId }: PersonKey) =>
  db
    .selectFrom('contact_erasure')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('contact_id', '=', contactId)

const lock = (db: Pick<Database, 'selectFrom'>, person: PersonKey): Promise<ErasureRun | undefined> =>
  find(db, person).forUpdate().skipLocked().executeTakeFirst()

function stepAfter(step: StepName, { next }: StepDone): StepName {
  if (next === 'again') return 'sends'
  if (next !== 'step') return step
  return ERASURE_STEPS[ERASURE_STEPS.indexOf(step) + 1] ?? 'done'
}

function statusOf(step: StepName, { next }: StepDone): EraseResult['status'] {
  if (step === 'done') return 'finished'
  return next === 'wait' ? 'waiting' : 'more'
}
