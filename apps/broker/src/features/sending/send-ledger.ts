import { type BrokerOutboundResponse, BrokerOutboundResponseSchema } from '@carteiro/contracts/broker-send'
import type { Database } from '@carteiro/database/connect'
import type { Seal, SealContext } from '@carteiro/runtime/seal'
import { proto } from '@whiskeysockets/baileys'
import { sql } from 'kysely'
import type { Ack } from './wait-for-ack.ts'

/** A send as the ledger knows it. `sending` has no answer: its process died, or the send is under way. */
export interface LedgerEntry {
  requestHash: Buffer
  answer: BrokerOutboundResponse | undefined
}

export interface NewSend {
  instanceId: string
  idempotencyKey: string
  requestHash: Buffer
  waMessageId: string
  content: proto.IMessage
}

interface LateRow {
  jid: string
}

/** What was sent under which key: a row before each send, its answer after. */
export class SendLedger {
  readonly #db: Database
  readonly #seal: Seal

  constructor(db: Database, seal: Seal) {
    this.#db = db
    this.#seal = seal
  }

  async find(instanceId: string, idempotencyKey: string): Promise<LedgerEntry | undefined> {
    const row = await this.#db
      .selectFrom('broker.send_ledger')
      .select(['request_hash', 'answer'])
      .where('instance_id', '=', instanceId)
      .where('idempotency_key', '=', idempotencyKey)
      .executeTakeFirst()
    if (!row) return undefined
    const answer = row.answer === null ? undefined : BrokerOutboundResponseSchema.parse(row.answer)
    return { requestHash: row.request_hash, answer }
  }

  async begin({ instanceId, idempotencyKey, requestHash, waMessageId, content }: NewSend): Promise<void> {
    const bytes = proto.Message.encode(content).finish()
    await this.#db
      .insertInto('broker.send_ledger')
      .values({
        instance_id: instanceId,
        idempotency_key: idempotencyKey,
        request_hash: requestHash,
        wa_message_id: waMessageId,
        content: this.#seal.seal(bytes, contentContext(instanceId, waMessageId)),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  /** Keeps an answer that says that the message went, or may have gone. */
  async settle(instanceId: string, idempotencyKey: string, answer: BrokerOutboundResponse): Promise<void> {
    await this.#db
      .updateTable('broker.send_ledger')
      .set({ state: answer.status, answer: JSON.stringify(answer), updated_at: new Date() })
      .where('instance_id', '=', instanceId)
      .where('idempotency_key', '=', idempotencyKey)
      .execute()
  }

  /** After a definite refusal nothing is known of the key any more. */
  async drop(instanceId: string, idempotencyKey: string): Promise<void> {
    await this.#db
      .deleteFrom('broker.send_ledger')
      .where('instance_id', '=', instanceId)
      .where('idempotency_key', '=', idempotencyKey)
      .execute()
  }

  /**
   * An acknowledgement that came after its answer `pending`: a repeated key now gets `sent`, or is free again.
   *
   * @returns the recipient's jid, `undefined` when it changes nothing
   */
  async settleLate(instanceId: string, waMessageId: string, ack: Ack): Promise<string | undefined> {
    if (ack.kind === 'none') return undefined
    const isThis = sql`instance_id = ${instanceId} and wa_message_id = ${waMessageId} and state = 'pending'`
    const { rows } =
      ack.kind === 'refused'
        ? await sql<LateRow>`
            delete from broker.send_ledger where ${isThis}
            returning answer->'to'->>'jid' as jid`.execute(this.#db)
        : await sql<LateRow>`
            update broker.send_ledger
            set state = 'sent', answer = answer || '{"status": "sent", "ack": 2}'::jsonb, updated_at = now()
            where ${isThis} returning answer->'to'->>'jid' as jid`.execute(this.#db)
    return rows[0]?.jid
  }

  /** What was sent under a WhatsApp id, for a phone that asks again. */
  async content(instanceId: string, waMessageId: string): Promise<proto.IMessage | undefined> {
    const row = await this.#db
      .selectFrom('broker.send_ledger')
      .select('content')
      .where('instance_id', '=', instanceId)
      .where('wa_message_id', '=', waMessageId)
      .executeTakeFirst()
    if (!row?.content) return undefined
    return proto.Message.decode(this.#seal.open(row.content, contentContext(instanceId, waMessageId)))
  }

  async deleteOld(retentionDays: number): Promise<void> {
    await sql`
      delete from broker.send_ledger
      where updated_at < now() - make_interval(days => ${retentionDays})`.execute(this.#db)
  }
}

const contentContext = (instanceId: string, waMessageId: string): SealContext => [
  instanceId,
  'sent',
  waMessageId,
]
