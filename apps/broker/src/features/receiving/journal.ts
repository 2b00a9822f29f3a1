import type { BrokerWebhookEvent } from '@carteiro/contracts/broker-event'
import type { Database } from '@carteiro/database/connect'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { sql } from 'kysely'
import type { Report } from '../../report.ts'

/** One event on its way into the journal. Events of one `chatKey` are published in order. */
export interface JournalEntry {
  event: BrokerWebhookEvent
  chatKey: string
}

/** What WhatsApp told us, written down in order before anything is done with it. */
export interface Journal {
  append(entry: JournalEntry): void
  /** Resolves when what was appended of this instance is written. */
  settled(instanceId: string): Promise<void>
  /** Resolves when everything appended is written; at once gives up on a database that is away. */
  close(): Promise<void>
}

export interface JournalDependencies {
  db: Database
  report: Pick<Report, 'journalled' | 'journalWaits' | 'journalFailed'>
  /** Called after the commit, once per chat. */
  onWritten: (instanceId: string, chatKey: string) => void
}

const MAX_ROWS = 100

/**
 * While one insert of an instance is under way, its next events gather and go together into the following
 * one: the order stays, and a burst costs few commits. While PostgreSQL is away they wait in memory. (That
 * memory has no bound but WhatsApp's own: what waits was already receipted. The commit rule will take the
 * receipts back behind the commit, and a database that is away will then stop WhatsApp from sending.)
 */
export function createJournal(deps: JournalDependencies): Journal {
  const waiting = new Map<string, JournalEntry[]>()
  const writing = new Map<string, Promise<void>>()
  const closing = new AbortController()

  async function writeAll(instanceId: string): Promise<void> {
    for (;;) {
      const entries = waiting.get(instanceId) ?? []
      if (entries.length === 0) break
      await write(deps, instanceId, entries.splice(0, MAX_ROWS), closing.signal)
    }
    waiting.delete(instanceId)
    writing.delete(instanceId)
  }

  return {
    append(entry) {
      const { instanceId } = entry.event
      const entries = waiting.get(instanceId)
      if (entries) return void entries.push(entry)
      waiting.set(instanceId, [entry])
      writing.set(instanceId, writeAll(instanceId))
    },
    settled: async (instanceId) => await writing.get(instanceId),
    async close() {
      closing.abort()
      await Promise.all(writing.values())
    },
  }
}

/** A row that PostgreSQL refuses (an instance that was deleted, say) takes none of its neighbours with it. */
async function write(
  deps: JournalDependencies,
  instanceId: string,
  entries: JournalEntry[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const written = await retryWhileDatabaseAway(() => insert(deps.db, instanceId, entries), {
      signal,
      onWait: (tries) => deps.report.journalWaits(instanceId, tries),
    })
    deps.report.journalled(written, entries.length - written)
    // Also for rows that were there already: their first insert may have lost its answer.
    for (const chatKey of new Set(entries.map((entry) => entry.chatKey))) deps.onWritten(instanceId, chatKey)
  } catch (error) {
    if (entries.length > 1 && !signal.aborted) {
      for (const entry of entries) await write(deps, instanceId, [entry], signal)
      return
    }
    for (const { event } of entries) deps.report.journalFailed(instanceId, event.id, error)
  }
}

/** @returns how many rows were new */
async function insert(db: Database, instanceId: string, entries: JournalEntry[]): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into broker.journal (instance_id, event_id, chat_key, event)
    select ${instanceId}, event_id, chat_key, event
    from unnest(
      ${entries.map(({ event }) => event.id)}::text[], ${entries.map(({ chatKey }) => chatKey)}::text[],
      ${entries.map(({ event }) => JSON.stringify(event))}::jsonb[]
    ) with ordinality as given (event_id, chat_key, event, place)
    order by place
    on conflict (instance_id, event_id) do nothing`.execute(db)
  return Number(numAffectedRows ?? 0)
}
