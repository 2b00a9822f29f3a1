import { type ForgetPerson, namePatternsOf } from '@carteiro/contracts/person'
import type { Database, Queryable } from '@carteiro/database/connect'
import { type Seal, type SealContext, SealError } from '@carteiro/runtime/seal'
import { type BinaryNode, BufferJSON } from '@whiskeysockets/baileys'
import { sql } from 'kysely'
import { z } from 'zod'
import type { OpenedPart } from './opened-part.ts'

/** Rows that are opened together. */
const LOOKED_AT = 200

const Node: z.ZodType<BinaryNode> = z.object({
  tag: z.string(),
  attrs: z.record(z.string(), z.string()),
  content: z.exactOptional(z.union([z.lazy(() => z.array(Node)), z.string(), z.instanceof(Uint8Array)])),
})
const Content = z.object({
  stanza: Node,
  me: z.object({ id: z.string(), lid: z.string() }),
  plaintext: z.instanceof(Buffer),
})

/** A part as it is kept. */
export interface StoredPart extends OpenedPart {
  openedAt: Date
}

const context = (instanceId: string, ciphertextHash: Buffer): SealContext => [
  instanceId,
  'opened',
  ciphertextHash.toString('hex'),
]

/** What was opened, in `broker.opened_message`: written with the keys, settled with the journal. */
export class OpenedMessages {
  readonly #db: Database
  readonly #seal: Seal

  constructor(db: Database, seal: Seal) {
    this.#db = db
    this.#seal = seal
  }

  /** The plaintext of a ciphertext that was opened before; `undefined` of one that was not. */
  async find(instanceId: string, ciphertextHash: Buffer): Promise<Buffer | undefined> {
    const row = await this.#db
      .selectFrom('broker.opened_message')
      .select('sealed')
      .where('instance_id', '=', instanceId)
      .where('ciphertext_hash', '=', ciphertextHash)
      .executeTakeFirst()
    return row && this.#read(instanceId, ciphertextHash, row.sealed).plaintext
  }

  async insert(transaction: Queryable, instanceId: string, part: OpenedPart): Promise<void> {
    const { ciphertextHash, messageHash, ...content } = part
    const sealed = this.#seal.seal(
      JSON.stringify(content, BufferJSON.replacer),
      context(instanceId, ciphertextHash),
    )
    await transaction
      .insertInto('broker.opened_message')
      .values({
        instance_id: instanceId,
        ciphertext_hash: ciphertextHash,
        message_hash: messageHash,
        sealed,
      })
      .execute()
  }

  /** What the journal has not been told of: the parts of each message together, the oldest message first. */
  async open(instanceId: string): Promise<StoredPart[][]> {
    const rows = await this.#db
      .selectFrom('broker.opened_message')
      .select(['ciphertext_hash', 'message_hash', 'sealed', 'created_at'])
      .where('instance_id', '=', instanceId)
      .where('settled_at', 'is', null)
      .orderBy('number')
      .execute()
    const parts = rows.map((row) => ({
      ciphertextHash: row.ciphertext_hash,
      messageHash: row.message_hash,
      openedAt: row.created_at,
      ...this.#read(instanceId, row.ciphertext_hash, row.sealed),
    }))
    return [...Map.groupBy(parts, (part) => part.messageHash.toString('hex')).values()]
  }

  /**
   * Deletes what was opened of a person and is told already. Each row is looked into, as it says of whom it is nowhere
   * but under its seal. One that cannot be opened goes as well: it may be the person's, and is of use to nobody.
   *
   * @returns how many went
   */
  async deleteNaming(
    instanceId: string,
    { jids, until }: Pick<ForgetPerson, 'jids' | 'until'>,
  ): Promise<number> {
    const names = namePatternsOf(jids).map((pattern) => new RegExp(pattern))
    let deleted = 0
    for (let after = 0; ; ) {
      const rows = await this.#db
        .selectFrom('broker.opened_message')
        .select(['number', 'ciphertext_hash', 'sealed'])
        .where('instance_id', '=', instanceId)
        .where('settled_at', 'is not', null)
        .where('created_at', '<=', new Date(until))
        .where('number', '>', after)
        .orderBy('number')
        .limit(LOOKED_AT)
        .execute()
      const own = rows.filter(({ ciphertext_hash: hash, sealed }) => {
        const attrs = this.#attributes(instanceId, hash, sealed)
        return !attrs || names.some((name) => name.test(attrs))
      })
      await sql`
        delete from broker.opened_message
        where instance_id = ${instanceId} and ciphertext_hash = any(${own.map((row) => row.ciphertext_hash)}::bytea[])
      `.execute(this.#db)
      deleted += own.length
      const last = rows.at(-1)
      if (!last || rows.length < LOOKED_AT) return deleted
      after = last.number
    }
  }

  /** Of whom it is, among them; `undefined` where it cannot be opened. */
  #attributes(instanceId: string, ciphertextHash: Buffer, sealed: Buffer): string | undefined {
    try {
      return JSON.stringify(this.#read(instanceId, ciphertextHash, sealed).stanza.attrs)
    } catch (error) {
      if (error instanceof SealError) return undefined
      throw error
    }
  }

  #read(instanceId: string, ciphertextHash: Buffer, sealed: Buffer): z.output<typeof Content> {
    const text = this.#seal.open(sealed, context(instanceId, ciphertextHash)).toString()
    return Content.parse(JSON.parse(text, BufferJSON.reviver))
  }
}

const BATCH = 1_000

/**
 * Deletes what was settled longer ago than the retention, 1000 rows at a time. What the journal has not been told of
 * stays.
 *
 * @param signal ends it between two batches
 */
export async function deleteSettledOpened(
  db: Database,
  { days, signal }: { days: number; signal: AbortSignal },
): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH && !signal.aborted; ) {
    const { numAffectedRows } = await sql`
      delete from broker.opened_message o using (
        select instance_id, ciphertext_hash from broker.opened_message
        where settled_at < now() - make_interval(days => ${days})
        order by settled_at limit ${BATCH} for update skip locked
      ) old where o.instance_id = old.instance_id and o.ciphertext_hash = old.ciphertext_hash`.execute(db)
    deleted = Number(numAffectedRows ?? 0)
  }
}
