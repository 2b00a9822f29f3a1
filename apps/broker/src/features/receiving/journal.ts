import type { BrokerWebhookEvent } from '@carteiro/contracts/broker-event'
import type { Database } from '@carteiro/database/connect'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { sql } from 'kysely'
import type { Report } from '../../report.ts'

/** One event on its way into the journal. Events of one `chatKey` are published in order. */
export interface JournalEntry {
  event: BrokerWebhookEvent
  chatKey: string
  /** Left out when this broker sent it: the ledger's row was there before the message left. */
  unlessSent?: true
  /** The opened message (its hash) that is settled in the same transaction. */
  settles?: Buffer
}

/** What WhatsApp told us, written down in order before anything is done with it. */
export interface Journal {
  append(entry: JournalEntry): void
  /** Settles an opened message of which there is nothing to tell. */
  settle(instanceId: string, messageHash: Buffer): void
  /**
   * Resolves when what was appended of this instance before is committed, but for what PostgreSQL refuses. Never, when
   * the journal is closed before.
   *
   * @throws LeaseLostError when this process does not hold the instance
   */
  written(instanceId: string): Promise<void>
  /** Resolves when all of this instance is written. */
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

/** What is to be written of one message: its event, or that there is none. Else who waits for the lines before. */
type Line =
  | (JournalEntry & { onWritten?: undefined })
  | { event?: undefined; settles?: Buffer; onWritten?: () => void }

const MAX_ROWS = 100

/**
 * While one insert of an instance is under way, its next events gather and go together into the following
 * one: the order stays, and a burst costs few commits. While PostgreSQL is away they wait in memory. Of a message
 * nothing is lost with that memory: it was committed before its receipt (features/commit), and its row is settled in
 * the transaction of its entry here; what is not settled is told again at the next start. No message comes to wait
 * either, as none is opened while PostgreSQL is away. The rest that WhatsApp tells is acknowledged when it is written.
 */
export function createJournal(deps: JournalDependencies): Journal {
  const waiting = new Map<string, Line[]>()
  const writing = new Map<string, Promise<void>>()
  const closing = new AbortController()

  async function writeAll(instanceId: string): Promise<void> {
    for (;;) {
      const lines = waiting.get(instanceId) ?? []
      if (lines.length === 0) break
      await write(deps, instanceId, lines.splice(0, MAX_ROWS), closing.signal)
    }
    waiting.delete(instanceId)
    writing.delete(instanceId)
  }

  function add(instanceId: string, line: Line): void {
    const lines = waiting.get(instanceId)
    if (lines) return void lines.push(line)
    waiting.set(instanceId, [line])
    writing.set(instanceId, writeAll(instanceId))
  }

  return {
    append: (entry) => add(entry.event.instanceId, entry),
    settle: (instanceId, messageHash) => add(instanceId, { settles: messageHash }),
    async written(instanceId) {
      if (waiting.has(instanceId)) {
        await new Promise<void>((resolve) => add(instanceId, { onWritten: resolve }))
      }
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
  lines: Line[],
  signal: AbortSignal,
): Promise<void> {
  const entries = lines.flatMap((line) => (line.event ? line : []))
  try {
    const written = await retryWhileDatabaseAway(() => insert(deps.db, instanceId, lines, entries), {
      signal,
      onWait: (tries) => deps.report.journalWaits(instanceId, tries),
    })
    deps.report.journalled(written, entries.length - written)
    // Also for rows that were there already: their first insert may have lost its answer.
    for (const chatKey of new Set(entries.map((entry) => entry.chatKey))) deps.onWritten(instanceId, chatKey)
    // What came before them may have been given up.
    if (!signal.aborted) for (const { onWritten } of lines) onWritten?.()
  } catch (error) {
    if (lines.length > 1 && !signal.aborted) {
      for (const line of lines) await write(deps, instanceId, [line], signal)
      return
    }
    for (const { event } of entries) deps.report.journalFailed(instanceId, event.id, error)
  }
}

/** @returns how many rows were new */
async function insert(
  db: Database,
  instanceId: string,
  lines: Line[],
  entries: JournalEntry[],
): Promise<number> {
  if (lines.every(({ event, settles }) => !event && !settles)) return 0
  const { numAffectedRows } = await sql`
    with settled as (
      update broker.opened_message set settled_at = now()
      where instance_id = ${instanceId} and settled_at is null
        and message_hash = any(${lines.flatMap(({ settles }) => settles ?? [])}::bytea[])
    )
    insert into broker.journal (instance_id, event_id, chat_key, event)
    select ${instanceId}, event_id, chat_key, event
    from unnest(
      ${entries.map(({ event }) => event.id)}::text[], ${entries.map(({ chatKey }) => chatKey)}::text[],
      ${entries.map(({ event }) => JSON.stringify(event))}::jsonb[],
      ${entries.map(({ unlessSent = false }) => unlessSent)}::boolean[]
    ) with ordinality as given (event_id, chat_key, event, unless_sent, place)
    where not (unless_sent and exists (
      select from broker.send_ledger sent
      where sent.instance_id = ${instanceId} and sent.wa_message_id = given.event_id
    ))
    order by place
    on conflict (instance_id, event_id) do nothing`.execute(db)
  return Number(numAffectedRows ?? 0)
}
