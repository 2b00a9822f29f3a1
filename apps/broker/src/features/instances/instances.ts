import type { BrokerInstance, CreateBrokerInstance } from '@carteiro/contracts/broker-api'
import { ConnectionStatus } from '@carteiro/contracts/broker-event'
import { Problem } from '@carteiro/contracts/problem'
import type { BrokerInstanceTable } from '@carteiro/database/broker-tables'
import type { Database } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { type RawBuilder, type Selectable, sql } from 'kysely'

type Row = Selectable<BrokerInstanceTable>

/** How an instance's session stands. */
export interface InstanceState {
  status: ConnectionStatus
  phone: string | null
  lid: string | null
  qrAvailable: boolean
  reason: string | null
}

/** An instance that shall have a session. */
export interface WantedInstance {
  id: string
  name: string
}

/** What a person wants of an instance. */
interface Wish {
  wanted: boolean | RawBuilder<boolean>
  relink?: RawBuilder<boolean>
  logout_requested_at?: Date | null
}

const isLogoutPending = sql<boolean>`logout_requested_at is not null`

/** The instances of this broker: their rows, and what the live sessions know better. */
export class Instances {
  readonly #db: Database
  readonly #liveState: (id: string) => InstanceState | undefined

  constructor(db: Database, liveState: (id: string) => InstanceState | undefined) {
    this.#db = db
    this.#liveState = liveState
  }

  /** @throws Problem INSTANCE_ALREADY_EXISTS */
  async create({ id = newId(), name, tenantId, webhookUrl }: CreateBrokerInstance): Promise<BrokerInstance> {
    const row = await this.#db
      .insertInto('broker.instance')
      .values({ id, name, tenant_id: tenantId, webhook_url: webhookUrl ?? null })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new Problem('INSTANCE_ALREADY_EXISTS', `There is an instance ${id} already.`)
    return this.#view(row)
  }

  /** @throws Problem INSTANCE_NOT_FOUND */
  async get(id: string): Promise<BrokerInstance> {
    const query = this.#db.selectFrom('broker.instance').selectAll().where('id', '=', id)
    return this.#view(orNotFound(await query.executeTakeFirst(), id))
  }

  async list(): Promise<BrokerInstance[]> {
    const rows = await this.#db.selectFrom('broker.instance').selectAll().orderBy('id').execute()
    return rows.map((row) => this.#view(row))
  }

  /**
   * It shall be connected, now and after a restart. What is left of a session that a person logged out is not used
   * any more. @throws Problem INSTANCE_NOT_FOUND
   */
  async want(id: string): Promise<WantedInstance> {
    const relink = sql<boolean>`relink or ${isLogoutPending}`
    return await this.#wish(id, { wanted: true, relink, logout_requested_at: null })
  }

  /** The same, with the session that is kept, though WhatsApp called it logged out. @throws Problem INSTANCE_NOT_FOUND */
  async wantKept(id: string): Promise<WantedInstance> {
    return await this.#wish(id, { wanted: true, relink: isLogoutPending, logout_requested_at: null })
  }

  /** It shall not be connected; a logout that is under way goes on. @throws Problem INSTANCE_NOT_FOUND */
  async unwant(id: string): Promise<WantedInstance> {
    return await this.#wish(id, { wanted: isLogoutPending })
  }

  /** It shall be logged out, and needs a session until it is. @throws Problem INSTANCE_NOT_FOUND */
  async requestLogout(id: string): Promise<WantedInstance> {
    return await this.#wish(id, { wanted: true, logout_requested_at: new Date() })
  }

  /** Those that shall have a session. */
  async wanted(): Promise<WantedInstance[]> {
    const query = this.#db.selectFrom('broker.instance').select(['id', 'name'])
    return await query.where('wanted', '=', true).execute()
  }

  /** Deletes the instance with its session, ledger and journal; also one that is not there. */
  async delete(id: string): Promise<void> {
    await this.#db.deleteFrom('broker.instance').where('id', '=', id).execute()
  }

  async #wish(id: string, wish: Wish): Promise<WantedInstance> {
    const row = await this.#db
      .updateTable('broker.instance')
      .set({ ...wish, updated_at: new Date() })
      .where('id', '=', id)
      .returning(['id', 'name'])
      .executeTakeFirst()
    return orNotFound(row, id)
  }

  #view(row: Row): BrokerInstance {
    return toInstance(row, this.#liveState(row.id))
  }
}

function toInstance(row: Row, live: InstanceState | undefined): BrokerInstance {
  const status = live?.status ?? ConnectionStatus.parse(row.status)
  return {
    id: row.id,
    name: row.name,
    tenantId: row.tenant_id,
    status,
    connected: status === 'connected',
    phone: live ? live.phone : row.phone,
    lid: live ? live.lid : row.lid,
    // A code lives as long as its session's socket, in this process.
    qrAvailable: live?.qrAvailable ?? false,
    lastError: live ? live.reason : row.last_error,
  }
}

function orNotFound<Found>(row: Found | undefined, id: string): Found {
  if (row === undefined) throw new Problem('INSTANCE_NOT_FOUND', `This broker has no instance ${id}.`)
  return row
}
