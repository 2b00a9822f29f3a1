import { type BrokerOutboundResponse, BrokerOutboundResponseSchema } from '@carteiro/contracts/broker-send'
import type { Database } from '@carteiro/database/connect'
import { gather } from '@carteiro/runtime/gather'
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

interface SendKey {
  instanceId: string
  idempotencyKey: string
}

interface Answered extends SendKey {
  answer: BrokerOutboundResponse
}

interface FoundRow {
  /** Of the key that was asked for, from 1. */
  place: number
  request_hash: Buffer
  answer: unknown
}

/** A row that was there before, or that was written now; neither where somebody else wrote it meanwhile. */
interface BegunRow {
  place: number
  is_new: boolean
  request_hash: Buffer | null
  answer: unknown
}

const GATHERED = { maxItems: 100, companyMs: 2 }

/** The keys as rows, with their places. */
const asked = (keys: SendKey[]) => sql`
  unnest(
    ${keys.map(({ instanceId }) => instanceId)}::text[], ${keys.map(({ idempotencyKey }) => idempotencyKey)}::text[]
  ) with ordinality as asked (instance_id, idempotency_key, place)`

/** What was sent under which key: a row before each send, its answer after. */
export class SendLedger {
  readonly #db: Database
  readonly #seal: Seal

  constructor(db: Database, seal: Seal) {
    this.#db = db
    this.#seal = seal
  }

  find(instanceId: string, idempotencyKey: string): Promise<LedgerEntry | undefined> {
    return this.#find({ instanceId, idempotencyKey })
  }

  /**
   * Writes the row before the send.
   *
   * @returns the one that is there already, which stays
   */
  async begin(send: NewSend): Promise<LedgerEntry | undefined> {
    for (;;) {
      const begun = await this.#begin(send)
      if (begun === 'new') return undefined
      // A row that somebody wrote meanwhile is found now, unless it is dropped again, and the key free.
      const known = begun ?? (await this.#find(send))
      if (known) return known
    }
  }

  /** Keeps an answer that says that the message went, or may have gone. */
  async settle(instanceId: string, idempotencyKey: string, answer: BrokerOutboundResponse): Promise<void> {
    await this.#settle({ instanceId, idempotencyKey, answer })
  }

  /** Sends that are under way together share their statements: two for each message would be most of its cost. */
  readonly #find = gather((keys: SendKey[]) => this.#findAll(keys), GATHERED)
  readonly #begin = gather((sends: NewSend[]) => this.#beginAll(sends), GATHERED)
  readonly #settle = gather((answers: Answered[]) => this.#settleAll(answers), GATHERED)

  async #findAll(keys: SendKey[]): Promise<(LedgerEntry | undefined)[]> {
    const { rows } = await sql<FoundRow>`
      select asked.place, l.request_hash, l.answer
      from broker.send_ledger l join ${asked(keys)} using (instance_id, idempotency_key)`.execute(this.#db)
    const found = new Map(rows.map((row) => [row.place, row]))
    return keys.map((_key, index) => {
      const row = found.get(index + 1)
      return row && toEntry(row)
    })
  }

  async #beginAll(sends: NewSend[]): Promise<(LedgerEntry | 'new' | undefined)[]> {
    const contents = sends.map(({ instanceId, waMessageId, content }) =>
      this.#seal.seal(proto.Message.encode(content).finish(), contentContext(instanceId, waMessageId)),
    )
    const { rows } = await sql<BegunRow>`
      with given as (
        select * from unnest(
          ${sends.map(({ instanceId }) => instanceId)}::text[],
          ${sends.map(({ idempotencyKey }) => idempotencyKey)}::text[],
          ${sends.map(({ requestHash }) => requestHash)}::bytea[],
          ${sends.map(({ waMessageId }) => waMessageId)}::text[], ${contents}::bytea[]
        ) with ordinality as given (instance_id, idempotency_key, request_hash, wa_message_id, content, place)
      ), begun as (
        insert into broker.send_ledger (instance_id, idempotency_key, request_hash, wa_message_id, content)
        select instance_id, idempotency_key, request_hash, wa_message_id, content
        from given order by instance_id, idempotency_key
        on conflict do nothing returning instance_id, idempotency_key, true as is_new
      )
      select given.place, coalesce(begun.is_new, false) as is_new, l.request_hash, l.answer
      from given
      left join begun using (instance_id, idempotency_key)
      left join broker.send_ledger l using (instance_id, idempotency_key)`.execute(this.#db)
    return rows.toSorted((a, b) => a.place - b.place).map(toBegun)
  }

  async #settleAll(answers: Answered[]): Promise<undefined[]> {
    await sql`
      update broker.send_ledger l
      set state = told.answer ->> 'status', answer = told.answer, updated_at = now()
      from (
        select asked.*, (${JSON.stringify(answers.map(({ answer }) => answer))}::jsonb) -> (place - 1)::int as answer
        from ${asked(answers)}
      ) told
      where l.instance_id = told.instance_id and l.idempotency_key = told.idempotency_key`.execute(this.#db)
    return answers.map(() => undefined)
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

const toEntry = ({
  request_hash: requestHash,
  answer,
}: Pick<FoundRow, 'request_hash' | 'answer'>): LedgerEntry => ({
  requestHash,
  answer: answer === null ? undefined : BrokerOutboundResponseSchema.parse(answer),
})

function toBegun({ is_new: isNew, request_hash, answer }: BegunRow): LedgerEntry | 'new' | undefined {
  if (isNew) return 'new'
  return request_hash === null ? undefined : toEntry({ request_hash, answer })
}

const contentContext = (instanceId: string, waMessageId: string): SealContext => [
  instanceId,
  'sent',
  waMessageId,
]
