import { BrokerSettings, type BrokerSettingsChange } from '@carteiro/contracts/broker-settings'
import { Problem } from '@carteiro/contracts/problem'
import type { BrokerInstanceTable } from '@carteiro/database/broker-tables'
import type { Database } from '@carteiro/database/connect'
import type { Selectable } from 'kysely'

/** Another process may have changed them. */
const KNOWN_FOR_MS = 30_000

/** How each instance is treated, read seldom: every send asks. */
export class Settings {
  readonly #db: Database
  readonly #known = new Map<string, { settings: Promise<BrokerSettings>; until: number }>()

  constructor(db: Database) {
    this.#db = db
  }

  /** None for an instance that is not there. */
  async of(instanceId: string): Promise<BrokerSettings> {
    const known = this.#known.get(instanceId)
    if (known && known.until > Date.now()) return await known.settings
    const settings = this.#read(instanceId)
    this.#known.set(instanceId, { settings, until: Date.now() + KNOWN_FOR_MS })
    // What could not be read is asked for again.
    settings.catch(() => this.#known.delete(instanceId))
    return await settings
  }

  /**
   * What is left out stays; `null` is the broker's default again.
   *
   * @throws Problem INSTANCE_NOT_FOUND
   */
  async change(
    instanceId: string,
    { name, settings = {} }: { name?: string | undefined; settings?: BrokerSettingsChange | undefined },
  ): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('broker.instance')
        .select(['name', 'settings', 'webhook_url'])
        .where('id', '=', instanceId)
        .forUpdate()
        .executeTakeFirst()
      if (!row) throw new Problem('INSTANCE_NOT_FOUND', `This broker has no instance ${instanceId}.`)
      const merged = { ...readSettings(row), ...settings }
      const kept = Object.entries(merged).filter(([, value]) => value !== null && value !== undefined)
      await transaction
        .updateTable('broker.instance')
        .set({ name: name ?? row.name, ...toColumns(Object.fromEntries(kept)), updated_at: new Date() })
        .where('id', '=', instanceId)
        .execute()
    })
    this.forget(instanceId)
  }

  forget(instanceId: string): void {
    this.#known.delete(instanceId)
  }

  async #read(instanceId: string): Promise<BrokerSettings> {
    const row = await this.#db
      .selectFrom('broker.instance')
      .select(['settings', 'webhook_url'])
      .where('id', '=', instanceId)
      .executeTakeFirst()
    return row ? readSettings(row) : {}
  }
}

type Row = Pick<Selectable<BrokerInstanceTable>, 'settings' | 'webhook_url'>

/** What a row says; the webhook has a column of its own. */
export function readSettings({ settings, webhook_url }: Row): BrokerSettings {
  const { data = {} } = BrokerSettings.safeParse(settings)
  return { ...data, ...(webhook_url === null ? {} : { webhookUrl: webhook_url }) }
}

/** As they are written into a row. */
export function toColumns({ webhookUrl, ...settings }: BrokerSettings) {
  return { webhook_url: webhookUrl ?? null, settings: JSON.stringify(settings) }
}
