import type pg from 'pg'

/** What was promised and is not so; every list is empty when all held. */
export interface InboundVerdict {
  lost: string[]
  duplicated: string[]
  outOfOrder: string[]
  stuck: string[]
  tickets: string[]
}

/** Compares what was published with what is stored. */
export async function judge(database: pg.Client, chats: Map<string, string[]>): Promise<InboundVerdict> {
  const verdict: InboundVerdict = { lost: [], duplicated: [], outOfOrder: [], stuck: [], tickets: [] }
  const stored = await readStored(database)
  for (const [phone, ids] of chats) {
    const { ids: got, tickets } = stored.get(`+${phone}`) ?? { ids: [], tickets: 0 }
    verdict.lost.push(...ids.filter((id) => !got.includes(id)))
    verdict.duplicated.push(...got.filter((id, index) => got.indexOf(id) !== index))
    verdict.outOfOrder.push(...got.filter((id, index) => ids[index] !== id))
    if (tickets !== 1) verdict.tickets.push(`+${phone} has ${tickets} tickets`)
  }
  const { rows } = await database.query<{ waiting: number }>(
    "select count(*)::int as waiting from pgboss.job where name like 'inbound%' and state < 'completed'",
  )
  if (rows[0]?.waiting) verdict.stuck.push(`${rows[0].waiting} jobs wait`)
  return verdict
}

async function readStored(database: pg.Client): Promise<Map<string, { ids: string[]; tickets: number }>> {
  const { rows } = await database.query<{ phone: string; ids: string[]; tickets: number }>(
    `select c.phone, array_agg(m.provider_message_id order by m.number) as ids,
       count(distinct m.ticket_id)::int as tickets
     from message m join contact c on c.tenant_id = m.tenant_id and c.id = m.contact_id
     where m.direction = 'inbound' group by c.phone`,
  )
  return new Map(rows.map(({ phone, ids, tickets }) => [phone, { ids, tickets }]))
}
