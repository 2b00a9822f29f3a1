import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { ApiClient } from '../../stack/api-client.ts'
import type { Stack } from '../../stack/start-stack.ts'
import type { Load } from './load.ts'

/** A place on the path where a process is killed, and how it is brought there. */
export interface KillPoint {
  name: string
  /** Brings the process to the point and kills it there with SIGKILL. @returns whether the point was reached */
  strike(context: KillContext): Promise<boolean>
}

export interface KillContext {
  stack: Stack
  api: ApiClient
  /** A connection that may hold locks: a process that waits for one stands exactly where it is to be killed. */
  database: pg.Client
  /** Messages that the API answered 201, per recipient; joined by those that a kill point posts itself. */
  accepted: Load['accepted']
  /** Texts of the messages that the webhook answered 202. */
  webhooks: string[]
}

const REACH_MS = 5_000
const LEDGER_LOCK = 4_711

/** Makes updates of the broker's ledger wait for whoever holds the proof's lock. Done once, before the first kill. */
export async function prepareKills(database: pg.Client): Promise<void> {
  await database.query(`
    create function prove_hold_ledger() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(${LEDGER_LOCK}); return new; end $$;
    create trigger prove_hold_ledger before update on broker.send_ledger
      for each row execute function prove_hold_ledger()`)
}

/** The worker has claimed messages and is on its way to the broker. */
const workerWhileSending: KillPoint = {
  name: 'worker while sending',
  strike: async ({ stack, database }) => {
    const reached = await eventually(database, "select from delivery where state = 'SENDING'")
    stack.processes.worker.kill('SIGKILL')
    return reached
  },
}

/** The worker has fetched a batch and cannot store it: the lock on `message` holds it in its transaction. */
const workerWhileReceiving: KillPoint = {
  name: 'worker while receiving',
  strike: ({ stack, database }) =>
    holding(database, 'lock table message in exclusive mode', async () => {
      const reached = await eventually(database, waitingForLock('message', 'worker'))
      stack.processes.worker.kill('SIGKILL')
      return reached
    }),
}

/** WhatsApp has acknowledged; the broker cannot record it: updates of its ledger wait, inserts before a send do not. */
const brokerAfterAck: KillPoint = {
  name: 'broker between ack and answer',
  strike: ({ stack, database }) =>
    holding(database, `select pg_advisory_xact_lock(${LEDGER_LOCK})`, async () => {
      const reached = await eventually(database, waitingForLock('send_ledger', 'broker'))
      stack.processes.broker.kill('SIGKILL')
      return reached
    }),
}

/** The API dies with its 201 on the wire. */
const apiAfter201: KillPoint = {
  name: 'api right after 201',
  strike: async ({ stack, api, accepted }) => {
    const phone = '5511980000201'
    const text = `api-201-${Date.now()}`
    const { status, body } = await api.post('/api/v1/outbound/messages', {
      to: `+${phone}`,
      text,
      idempotencyKey: text,
    })
    stack.processes.api.kill('SIGKILL')
    if (status !== 201) return false
    accepted.set(phone, [...(accepted.get(phone) ?? []), { id: body.id, text }])
    return true
  },
}

/** The API dies with its 202 to a webhook on the wire. */
const apiAfter202: KillPoint = {
  name: 'api right after 202',
  strike: async ({ stack, webhooks }) => {
    const text = `api-202-${Date.now()}`
    const response = await fetch(`${stack.urls.api}/api/integrations/whatsapp/webhook`, {
      method: 'POST',
      headers: { 'x-api-key': stack.brokerKey, 'content-type': 'application/json' },
      body: JSON.stringify(webhookMessage(stack.instanceId, text)),
    })
    stack.processes.api.kill('SIGKILL')
    if (response.status !== 202) return false
    webhooks.push(text)
    return true
  },
}

export const KILL_POINTS: readonly KillPoint[] = [
  workerWhileSending,
  workerWhileReceiving,
  brokerAfterAck,
  apiAfter201,
  apiAfter202,
]

export const WEBHOOK_PHONE = '5511980000202'

const webhookMessage = (instanceId: string, text: string) => ({
  id: text,
  type: 'MESSAGE_INBOUND',
  instanceId,
  payload: { contact: { phone: `+${WEBHOOK_PHONE}` }, message: { text }, metadata: {} },
})

/** A backend of this process that waits for a lock on the table. */
const waitingForLock = (table: string, process: string) => `
  select from pg_stat_activity
  where application_name like 'carteiro ${process}%' and wait_event_type = 'Lock' and query ilike '%${table}%'`

async function holding<Result>(
  database: pg.Client,
  lock: string,
  act: () => Promise<Result>,
): Promise<Result> {
  await database.query('begin')
  try {
    await database.query(lock)
    return await act()
  } finally {
    await database.query('rollback')
  }
}

async function eventually(database: pg.Client, query: string): Promise<boolean> {
  for (const until = Date.now() + REACH_MS; Date.now() < until; await sleep(5)) {
    // Inside a transaction pg_stat_activity is read once and kept.
    await database.query('select pg_stat_clear_snapshot()')
    const { rowCount } = await database.query(query)
    if (rowCount) return true
  }
  return false
}
