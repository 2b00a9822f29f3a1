import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import pg from 'pg'
import type { Contender } from './measure.ts'
import type { BenchDatabase } from './start-database.ts'

const QUEUE = 'bench-plain'

/**
 * The plain way: a job for each envelope, and a transaction for each job, a statement at a time. Nothing is kept in
 * order, and nothing is done for what came before its message.
 */
export async function plain({ connection, url, queue: { boss } }: BenchDatabase): Promise<Contender> {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  await boss.createQueue(QUEUE, { deleteAfterSeconds: 3_600, retryLimit: 0 })

  /** @returns whether there was a job */
  async function storeOne(client: pg.PoolClient): Promise<boolean> {
    const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) }
    await client.query('begin')
    const [job] = await boss.fetch<MessageEnvelope>(QUEUE, { batchSize: 1, db })
    if (job) {
      await store(client, job.data)
      await boss.complete(QUEUE, job.id, undefined, { db })
    }
    await client.query('commit')
    return job !== undefined
  }

  return {
    db: connection.db,
    queue: async (envelopes) => {
      for (let from = 0; from < envelopes.length; from += 500) {
        await boss.insert(
          QUEUE,
          envelopes.slice(from, from + 500).map((data) => ({ data })),
        )
      }
    },
    drain: async (concurrency) => {
      const run = async () => {
        const client = await pool.connect()
        while (await storeOne(client)) {}
        client.release()
      }
      await Promise.all(Array.from({ length: concurrency }, run))
    },
    stop: () => pool.end(),
  }
}

async function store(client: pg.PoolClient, envelope: MessageEnvelope): Promise<void> {
  const { tenantId, instanceId, contact, message, metadata, timestamp, receivedAt } = envelope
  const one = async (text: string, values: unknown[]) => (await client.query(text, values)).rows[0]
  const { id: contactId } = await one(
    `insert into contact (tenant_id, id, phone, told_name, named, push_name, told_registrations)
     values ($1, $2, $3, $4, true, $5, $6)
     on conflict (tenant_id, phone) where phone is not null
     do update set told_name = excluded.told_name, push_name = excluded.push_name, updated_at = now() returning id`,
    [tenantId, newId(), contact.phone, contact.name, contact.pushName, contact.registrations],
  )
  const { id: ticketId } = await one(
    `insert into ticket as t (tenant_id, id, contact_id, instance_id, preview, unread_count, last_message_at)
     values ($1, $2, $3, $4, $5, 1, $6)
     on conflict (tenant_id, contact_id, instance_id) where status <> 'closed' do update
     set preview = excluded.preview, unread_count = t.unread_count + 1, last_message_at = excluded.last_message_at,
       updated_at = now() returning id`,
    [tenantId, newId(), contactId, instanceId, message.text, timestamp],
  )
  const messageId = newId()
  await client.query(
    `insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, content,
       provider_message_id, metadata, broker_at, received_at)
     values ($1, $2, $3, $4, $5, 'inbound', $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[tenantId, messageId, ticketId, contactId, instanceId, message.type, message.text],
      ...[
        JSON.stringify(message),
        envelope.providerMessageId,
        JSON.stringify(metadata),
        timestamp,
        receivedAt,
      ],
    ],
  )
  await client.query(
    `insert into timeline_entry (tenant_id, id, ticket_id, type, message_id)
     values ($1, $2, $3, 'MESSAGE_RECEIVED', $4)`,
    [tenantId, newId(), ticketId, messageId],
  )
  const { last_seq: seq } = await one(
    'update event_counter set last_seq = last_seq + 1 where tenant_id = $1 returning last_seq',
    [tenantId],
  )
  await client.query(
    `insert into event (tenant_id, seq, day, type, ticket_id, contact_id, instance_id, payload, occurred_at)
     values ($1, $2, current_date, 'messages.new', $3, $4, $5, $6, now())`,
    [tenantId, seq, ticketId, contactId, instanceId, JSON.stringify({ ticketId, contactId, message })],
  )
}
