import pg from 'pg'
import type { ApiClient } from '../../stack/api-client.ts'
import { SENT_OR_FURTHER } from '../parts/sent-or-further.ts'

/** A message that the API accepted. */
export interface Accepted {
  id: string
  phone: string
  text: string
}

/** Each list is empty when all is well. */
export interface Faults {
  lost: string[]
  duplicated: string[]
  outOfOrder: string[]
  /** Not SENT, or under another id than the phone has. */
  unconfirmed: string[]
  /** What a broker still has to do, or to tell. */
  left: string[]
}

interface Shown {
  id: string
  text: string
}

/**
 * @param accepted in the order of their acceptance for each phone
 * @param databases the gateway's, then the brokers'
 */
export async function judge(
  accepted: Accepted[],
  simulator: ApiClient,
  databases: { gateway: string; brokers: string[] },
): Promise<Faults> {
  const faults: Faults = { lost: [], duplicated: [], outOfOrder: [], unconfirmed: [], left: [] }
  const records = await readRecords(databases.gateway)
  for (const phone of new Set(accepted.map((message) => message.phone))) {
    const { body } = await simulator.get(`/customers/${phone}/messages`)
    judgePhone(
      accepted.filter((message) => message.phone === phone),
      body.items,
      { records, faults },
    )
  }
  for (const url of databases.brokers) faults.left.push(...(await readLeft(url)))
  return faults
}

type Records = Map<string, { state: string; waId: string | null }>

function judgePhone(
  accepted: Accepted[],
  shown: Shown[],
  { records, faults }: { records: Records; faults: Faults },
): void {
  const known = new Set(accepted.map(({ text }) => text))
  const texts = shown.map(({ text }) => text).filter((text) => known.has(text))
  const expected = accepted.map(({ text }) => text).filter((text) => texts.includes(text))
  if ([...new Set(texts)].join('\n') !== expected.join('\n')) {
    faults.outOfOrder.push(`${accepted[0]?.phone}: ${texts.join(', ')}`)
  }
  for (const { id, text } of accepted) {
    const mine = shown.filter((one) => one.text === text)
    const record = records.get(id)
    if (mine.length === 0) faults.lost.push(`${text} (${id}, ${record?.state})`)
    if (mine.length > 1) faults.duplicated.push(`${text} (${id}): ${mine.length} times`)
    if (!record || !SENT_OR_FURTHER.includes(record.state)) {
      faults.unconfirmed.push(`${text} (${id}) is ${record?.state}`)
    } else if (mine[0] && mine[0].id !== record.waId) {
      faults.unconfirmed.push(`${text} (${id}): the phone has ${mine[0].id}, the record ${record.waId}`)
    }
  }
}

async function readRecords(url: string): Promise<Records> {
  const rows = await ask<{ id: string; state: string; provider_message_id: string | null }>(
    url,
    'select id, state, provider_message_id from delivery',
  )
  return new Map(rows.map((row) => [row.id, { state: row.state, waId: row.provider_message_id }]))
}

async function readLeft(url: string): Promise<string[]> {
  const rows = await ask<{ message_id: string; state: string; report_pending: boolean }>(
    url,
    `select message_id, state, report_pending from broker.gateway_message where state <> 'sent' or report_pending`,
  )
  return rows.map((row) => `${row.message_id} is ${row.state}${row.report_pending ? ', not told' : ''}`)
}

/** How many deliveries are not over, or not told of. */
export async function countOpen(databases: { gateway: string; brokers: string[] }): Promise<number> {
  const open = await ask<{ id: string }>(
    databases.gateway,
    `select id from delivery where state in ('QUEUED', 'SENDING')`,
  )
  const left = await Promise.all(databases.brokers.map(readLeft))
  return open.length + left.flat().length
}

async function ask<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'prove' })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
