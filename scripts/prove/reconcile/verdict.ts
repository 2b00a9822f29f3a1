import type pg from 'pg'

/** What was promised and is not so; every list is empty when all held. */
export interface ReconcileVerdict {
  /** Damaged still. */
  notRepaired: string[]
  /** Tickets that were right, and were written all the same. */
  touched: string[]
  /** Told not once. */
  notToldOnce: string[]
  /** Tickets that grew meanwhile, whose times are not their messages'. */
  undone: string[]
  stuck: string[]
}

/** Compares the tickets with what they were before they were damaged. */
export async function judge(database: pg.Client): Promise<ReconcileVerdict> {
  const ids = async (query: string): Promise<string[]> =>
    (await database.query<{ id: string }>(query)).rows.map(({ id }) => id)
  const sides = (of: string) =>
    `jsonb_build_array(${of}.first_inbound_at, ${of}.last_inbound_at, ${of}.first_outbound_at, ${of}.last_outbound_at)`
  return {
    notRepaired: await ids(
      `select t.id from expected e join ticket t on t.id = e.id where ${sides('t')} <> e.sides`,
    ),
    touched: await ids(
      `select t.id from expected e join ticket t on t.id = e.id
       where not e.is_damaged and t.updated_at <> e.updated_at`,
    ),
    notToldOnce: await ids(
      `select e.id from expected e left join event v on v.ticket_id = e.id and v.type = 'ticket.updated'
       group by e.id, e.is_damaged having count(v.seq) <> case when e.is_damaged then 1 else 0 end`,
    ),
    undone: await ids(
      `select t.id from ticket t
       join lateral (select min(broker_at) as first_at, max(broker_at) as last_at from message m
         where m.tenant_id = t.tenant_id and m.ticket_id = t.id and direction = 'inbound') w on true
       where not exists (select from expected e where e.id = t.id)
         and (t.first_inbound_at, t.last_inbound_at) is distinct from (w.first_at, w.last_at)`,
    ),
    stuck: await ids(
      `select tenant_id as id from timeline_reconciliation where started_at is not null and finished_at is null`,
    ),
  }
}
