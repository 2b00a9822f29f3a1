import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { OfferedMessage } from './offered-message.ts'

/** A message that is this broker's to send. */
export interface PulledMessage {
  idempotencyKey: string
  messageId: string
  instanceId: string
  message: Record<string, unknown>
  attempts: number
  isAcked: boolean
}

/** A message that is over, and that the gateway must be told of. */
export interface PulledReport {
  idempotencyKey: string
  messageId: string
  /** The newest offer that was known when it was read. */
  seq: number
  externalId: string | null
  failure: { code: string; reason: string; retriable: boolean }
}

/** Why a message was not sent. */
export interface PulledFailure {
  code: string
  message: string
  retriable: boolean
}

const OPEN = sql`('pending', 'delivered', 'sending', 'retry')`
const UNREADABLE = 'This broker cannot read the message, so it cannot send it.'

/**
 * What was taken from the gateway: `pending` until the gateway knows that it is here, `delivered` then, `sending` with
 * WhatsApp, `retry` after a try that failed, and in the end `sent` or `failed`, which is told to the gateway.
 */
export class PulledMessages {
  readonly #db: Database
  /** Each gateway counts its own events. */
  readonly #gateway: string

  constructor(db: Database, gateway: string) {
    this.#db = db
    this.#gateway = gateway
  }

  async lastEventId(): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('broker.gateway_cursor')
      .select('last_event_id')
      .where('gateway', '=', this.#gateway)
      .executeTakeFirst()
    return row?.last_event_id
  }

  /** The gateway has not come as far: it was set back. */
  async forgetCursor(): Promise<void> {
    await this.#db.deleteFrom('broker.gateway_cursor').where('gateway', '=', this.#gateway).execute()
  }

  /**
   * Writes down an offer and how far the stream has come, in one. Offered again, a message that is under way stays as it
   * is, one that is over is told of again, and one that failed for a reason that passes is tried anew.
   *
   * @returns whether it is one that was not here before
   */
  async receive(offered: OfferedMessage): Promise<boolean> {
    const { seq, messageId, idempotencyKey, instanceId, recipient } = offered
    const message = offered.message === undefined ? null : JSON.stringify(offered.message)
    const isBad = message === null
    const { rows } = await sql<{ is_new: boolean }>`
      with cursor as (
        insert into broker.gateway_cursor as c (gateway, last_event_id) values (${this.#gateway}, ${seq})
        on conflict (gateway) do update set
          last_event_id = greatest(c.last_event_id, excluded.last_event_id), updated_at = now()
      )
      insert into broker.gateway_message as m (idempotency_key, message_id, seq, instance_id, recipient, message,
        state, error_code, error_message, retriable, report_pending)
      values (${idempotencyKey}, ${messageId}, ${seq}, ${instanceId}, ${recipient}, ${message}::jsonb,
        ${isBad ? 'failed' : 'pending'}, ${isBad ? 'UNSUPPORTED_OPERATION' : null}, ${isBad ? UNREADABLE : null},
        ${isBad ? false : null}::boolean, ${isBad})
      on conflict (idempotency_key) do update set
        state = case when m.retriable then 'pending' else m.state end,
        message = case when m.retriable then excluded.message else m.message end,
        attempts = case when m.retriable then 0 else m.attempts end,
        next_attempt_at = case when m.retriable then null else m.next_attempt_at end,
        error_code = case when m.retriable then null else m.error_code end,
        error_message = case when m.retriable then null else m.error_message end,
        report_pending = m.state = 'sent' or m.retriable is false,
        retriable = case when m.retriable then null else m.retriable end,
        seq = excluded.seq, acked_at = null, updated_at = now()
      returning m.xmax = 0 as is_new`.execute(this.#db)
    return rows[0]?.is_new ?? false
  }

  /** The first messages of their recipients that may go on, but for those that are under way. */
  async next(underWay: string[], limit: number): Promise<PulledMessage[]> {
    const { rows } = await sql<{
      idempotency_key: string
      message_id: string
      instance_id: string
      message: Record<string, unknown>
      attempts: number
      is_acked: boolean
    }>`
      select idempotency_key, message_id, instance_id, message, attempts, acked_at is not null as is_acked
      from broker.gateway_message m
      where state in ${OPEN} and idempotency_key <> all(${underWay}::text[])
        and coalesce(next_attempt_at <= now(), true)
        and not exists (
          select from broker.gateway_message before
          where before.instance_id = m.instance_id and before.recipient = m.recipient and before.number < m.number
            and before.state in ${OPEN}
        )
      order by number limit ${limit}`.execute(this.#db)
    return rows.map((row) => ({
      idempotencyKey: row.idempotency_key,
      messageId: row.message_id,
      instanceId: row.instance_id,
      message: row.message,
      attempts: row.attempts,
      isAcked: row.is_acked,
    }))
  }

  /** The gateway knows that the message is here. */
  async acked(idempotencyKey: string): Promise<void> {
    await this.#set(
      idempotencyKey,
      sql`acked_at = now(), next_attempt_at = null,
        state = case when state = 'pending' then 'delivered' else state end`,
    )
  }

  /** The gateway has no such message for us (any more). One that was never acknowledged was never sent. */
  async dropPending(idempotencyKey: string): Promise<void> {
    await this.#db
      .deleteFrom('broker.gateway_message')
      .where('idempotency_key', '=', idempotencyKey)
      .where('state', '=', 'pending')
      .execute()
  }

  async sending(idempotencyKey: string): Promise<void> {
    await this.#set(idempotencyKey, sql`state = 'sending', attempts = attempts + 1`)
  }

  async waits(idempotencyKey: string, ms: number): Promise<void> {
    await this.#set(idempotencyKey, sql`next_attempt_at = now() + make_interval(secs => ${ms / 1_000})`)
  }

  async retryIn(idempotencyKey: string, ms: number): Promise<void> {
    await this.#set(
      idempotencyKey,
      sql`state = 'retry', next_attempt_at = now() + make_interval(secs => ${ms / 1_000})`,
    )
  }

  async sent(idempotencyKey: string, externalId: string): Promise<void> {
    await this.#set(
      idempotencyKey,
      sql`state = 'sent', external_id = ${externalId}, message = null, report_pending = true`,
    )
  }

  async failed(idempotencyKey: string, { code, message, retriable }: PulledFailure): Promise<void> {
    await this.#set(
      idempotencyKey,
      sql`state = 'failed', error_code = ${code}, error_message = ${message}, retriable = ${retriable},
        message = null, report_pending = true`,
    )
  }

  /** What a process that died was sending: it goes out again under its key, which is one message on the phone. */
  async resume(): Promise<void> {
    await sql`
      update broker.gateway_message set state = 'retry', next_attempt_at = null, updated_at = now()
      where state = 'sending'`.execute(this.#db)
  }

  /** Messages that this broker answers for, and has not said so for a while. */
  async toAckAgain(olderThanSeconds: number): Promise<{ idempotencyKey: string; messageId: string }[]> {
    const { rows } = await sql<{ idempotency_key: string; message_id: string }>`
      select idempotency_key, message_id from broker.gateway_message
      where state in ('delivered', 'sending', 'retry')
        and coalesce(acked_at < now() - make_interval(secs => ${olderThanSeconds}), true)
      order by number`.execute(this.#db)
    return rows.map((row) => ({ idempotencyKey: row.idempotency_key, messageId: row.message_id }))
  }

  /** What the gateway must be told of, oldest first. */
  async reports(limit: number): Promise<PulledReport[]> {
    const rows = await this.#db
      .selectFrom('broker.gateway_message')
      .select([
        'idempotency_key',
        'message_id',
        'seq',
        'external_id',
        'error_code',
        'error_message',
        'retriable',
      ])
      .where('report_pending', '=', true)
      .orderBy('number')
      .limit(limit)
      .execute()
    return rows.map((row) => ({
      idempotencyKey: row.idempotency_key,
      messageId: row.message_id,
      seq: row.seq,
      externalId: row.external_id,
      failure: {
        code: row.error_code ?? 'UNKNOWN_ERROR',
        reason: row.error_message ?? 'The message could not be sent.',
        retriable: row.retriable ?? true,
      },
    }))
  }

  /** One that was offered again meanwhile has begun anew: what is to be told of it then stands. */
  async reported({ idempotencyKey, seq }: Pick<PulledReport, 'idempotencyKey' | 'seq'>): Promise<void> {
    await sql`
      update broker.gateway_message set report_pending = false, updated_at = now()
      where idempotency_key = ${idempotencyKey} and seq = ${seq}`.execute(this.#db)
  }

  /** Forgets the keys of messages that are long over; one that comes later is sent as a new one. */
  async deleteOld(days: number): Promise<void> {
    await sql`
      delete from broker.gateway_message
      where state in ('sent', 'failed') and not report_pending
        and updated_at < now() - make_interval(days => ${days})`.execute(this.#db)
  }

  async #set(idempotencyKey: string, assignments: ReturnType<typeof sql>): Promise<void> {
    await sql`
      update broker.gateway_message set ${assignments}, updated_at = now()
      where idempotency_key = ${idempotencyKey}`.execute(this.#db)
  }
}
