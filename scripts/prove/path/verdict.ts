import type pg from 'pg'
import type { ApiClient } from '../../stack/api-client.ts'
import { SENT_OR_FURTHER } from '../parts/sent-or-further.ts'
import { WEBHOOK_PHONE } from './kills.ts'
import type { Load } from './load.ts'

/** What was accepted in the run, in the order of its acceptance. */
export type Accepted = Pick<Load, 'accepted' | 'written'> & { webhooks: string[] }

export interface Verdict {
  messages: number
  lost: string[]
  duplicated: string[]
  outOfOrder: string[]
  stuck: string[]
}

/** Compares what was accepted with what phones got, and what was journalled with what is stored. */
export async function judge(load: Accepted, simulator: ApiClient, database: pg.Client): Promise<Verdict> {
  const verdict: Verdict = {
    messages: 0,
    lost: [],
    duplicated: [],
    outOfOrder: [],
    stuck: [],
  }
  await judgeOutbound(load, simulator, database, verdict)
  await judgeInbound(load, database, verdict)
  return verdict
}

async function judgeOutbound(
  load: Accepted,
  simulator: ApiClient,
  database: pg.Client,
  verdict: Verdict,
): Promise<void> {
  const { rows: open } = await database.query('select id, state from delivery where state <> all($1)', [
    SENT_OR_FURTHER,
  ])
  verdict.stuck.push(...open.map((row) => `${row.id} is ${row.state}`))
  for (const [phone, messages] of load.accepted) {
    verdict.messages += messages.length
    const { body } = await simulator.get(`/customers/${phone}/messages`)
    const got: string[] = body.items.map((item: { text: string }) => item.text)
    compare(
      messages.map(({ text }) => text),
      got,
      verdict,
    )
  }
}

async function judgeInbound(load: Accepted, database: pg.Client, verdict: Verdict): Promise<void> {
  const journal = await textsByPhone(
    database,
    `select event #>> '{payload,contact,phone}' as phone, event #>> '{payload,message,text}' as text
     from broker.journal where event ->> 'type' = 'MESSAGE_INBOUND' order by number`,
  )
  const stored = await textsByPhone(
    database,
    `select c.phone, m.text from message m join contact c on c.tenant_id = m.tenant_id and c.id = m.contact_id
     where m.direction = 'inbound' order by m.number`,
  )
  for (const [phone, written] of load.written) {
    verdict.messages += written.length
    const journalled = journal.get(`+${phone}`) ?? []
    verdict.lost.push(...written.filter((text) => !journalled.includes(text)))
    compare(journalled, stored.get(`+${phone}`) ?? [], verdict)
  }
  verdict.messages += load.webhooks.length
  compare(load.webhooks, stored.get(`+${WEBHOOK_PHONE}`) ?? [], verdict)
}

async function textsByPhone(database: pg.Client, query: string): Promise<Map<string, string[]>> {
  const { rows } = await database.query<{ phone: string; text: string }>(query)
  const texts = new Map<string, string[]>()
  for (const { phone, text } of rows) texts.set(phone, [...(texts.get(phone) ?? []), text])
  return texts
}

function compare(expected: string[], got: string[], verdict: Verdict): void {
  const seen = new Set(got)
  verdict.lost.push(...expected.filter((text) => !seen.has(text)))
  verdict.duplicated.push(...got.filter((text, index) => got.indexOf(text) !== index))
  const arrived = expected.filter((text) => seen.has(text))
  const order = [...new Set(got)].filter((text) => arrived.includes(text))
  verdict.outOfOrder.push(...order.filter((text, index) => text !== arrived[index]))
}
