import type { BrokerInstance, CreateBrokerInstance } from '@carteiro/contracts/broker-api'
import { ConnectionStatus } from '@carteiro/contracts/broker-event'
import type { InstanceCounters } from '@carteiro/contracts/broker-metrics'
import { Problem } from '@carteiro/contracts/problem'
import type { BrokerInstanceTable } from '@carteiro/database/broker-tables'
import type { Database } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { readSettings, toColumns } from './settings.ts'

/** With the lease that is valid now. */
type Row = Selectable<BrokerInstanceTable> & {
  holder: string | null
  generation: number | null
  expires_at: Date | null
}

const NO_LEASE = { holder: null, generation: null, expires_at: null }

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
  readonly #counters: (id: string) => InstanceCounters

  constructor(
    db: Database,
    liveState: (id: string) => InstanceState | undefined,
    counters: (id: string) => InstanceCounters,
  ) {
    this.#db = db
    this.#liveState = liveState
    this.#counters = counters
  }

  /** @throws Problem INSTANCE_ALREADY_EXISTS */
  async create(given: CreateBrokerInstance): Promise<BrokerInstance> {
    const { id = newId(), name, tenantId, webhookUrl, settings = {} } = given
    const columns = toColumns({ ...settings, webhookUrl: webhookUrl ?? settings.webhookUrl })
    const row = await this.#db
      .insertInto('broker.instance')
      .values({ id, name, tenant_id: tenantId, ...columns })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new Problem('INSTANCE_ALREADY_EXISTS', `There is an instance ${id} already.`)
    return this.#view({ ...row, ...NO_LEASE })
  }

  /** @throws Problem INSTANCE_NOT_FOUND */
  async get(id: string): Promise<BrokerInstance> {
    return this.#view(orNotFound(await this.#rows().where('i.id', '=', id).executeTakeFirst(), id))
  }

  async list(): Promise<BrokerInstance[]> {
    const rows = await this.#rows().orderBy('i.id').execute()
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

  #rows() {
    return this.#db
      .selectFrom('broker.instance as i')
      .leftJoin('broker.instance_lease as l', (join) =>
        join.onRef('l.instance_id', '=', 'i.id').on(sql<boolean>`l.expires_at > now()`),
      )
      .selectAll('i')
      .select(['l.holder', 'l.generation', 'l.expires_at'])
  }

  #view(row: Row): BrokerInstance {
    return toInstance(row, this.#liveState(row.id), this.#counters(row.id))
  }
}

function toInstance(row: Row, live: InstanceState | undefined, counters: InstanceCounters): BrokerInstance {
  const status = live?.status ?? statusOf(row)
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
    lease: leaseOf(row),
    settings: readSettings(row),
    counters,
  }
}

/** What a holder that died wrote last is not so any more. */
function statusOf(row: Row): ConnectionStatus {
  const status = ConnectionStatus.parse(row.status)
  const isOpen = status === 'connected' || status === 'connecting'
  return isOpen && row.holder === null ? 'disconnected' : status
}

function leaseOf({ holder, generation, expires_at: expiresAt }: Row): BrokerInstance['lease'] {
  if (holder === null || generation === null || expiresAt === null) return null
  return { holder, generation, expiresAt: expiresAt.toISOString() }
}

function orNotFound<Found>(row: Found | undefined, id: string): Found {
  if (row === undefined) throw new Problem('INSTANCE_NOT_FOUND', `This broker has no instance ${id}.`)
  return row
}
