import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { type Client, lastOf } from './client.ts'

export interface Verdict {
  events: number
  lost: string[]
  duplicated: string[]
  outOfOrder: string[]
  stuck: string[]
}

const LOOK_MS = 100

/** Waits until every message is stored and every client has come to the log's end, or the deadline. */
export async function untilAllTaken(
  database: pg.Client,
  {
    tenantId,
    messages,
    clients,
    deadline,
  }: { tenantId: string; messages: number; clients: Client[]; deadline: number },
): Promise<void> {
  for (; Date.now() < deadline; await sleep(LOOK_MS)) {
    const { rows } = await database.query<{ stored: string; last: string }>(
      `select (select count(*) from message where tenant_id = $1) as stored, last_seq as last
       from event_counter where tenant_id = $1`,
      [tenantId],
    )
    const [row] = rows
    if (
      row &&
      Number(row.stored) >= messages &&
      clients.every((client) => lastOf(client) === Number(row.last))
    )
      return
  }
}

/** Compares what each client took with the database: the same events, each once, in one order, without a gap. */
export async function judge(database: pg.Client, tenantId: string, clients: Client[]): Promise<Verdict> {
  const { rows } = await database.query<{ seq: string; type: string }>(
    'select seq, type from event where tenant_id = $1 order by seq',
    [tenantId],
  )
  const log = rows.map(({ seq, type }) => `${seq} ${type}`)
  const verdict: Verdict = { events: log.length, lost: [], duplicated: [], outOfOrder: [], stuck: [] }
  for (const [index, { seq }] of rows.entries()) {
    if (Number(seq) !== index + 1) verdict.lost.push(`the log has ${seq} in place ${index + 1}`)
  }
  for (const client of clients) judgeClient(client, log, verdict)
  return verdict
}

function judgeClient({ name, taken, faults }: Client, log: string[], verdict: Verdict): void {
  const own = taken.map(([seq, type]) => `${seq} ${type}`)
  verdict.outOfOrder.push(...faults)
  if (own.length === log.length && own.every((entry, index) => entry === log[index])) return
  const seen = new Set(own)
  verdict.lost.push(...log.filter((entry) => !seen.has(entry)).map((entry) => `${name}: ${entry}`))
  verdict.duplicated.push(
    ...own.filter((entry, index) => own.indexOf(entry) !== index).map((entry) => `${name}: ${entry}`),
  )
  const isRising = taken.every(([seq], index) => index === 0 || seq > (taken[index - 1]?.[0] ?? 0))
  if (!isRising) verdict.outOfOrder.push(`${name} took events out of order`)
  if (seen.size < log.length) verdict.stuck.push(`${name} stands at ${lastOf({ taken })} of ${log.length}`)
}
