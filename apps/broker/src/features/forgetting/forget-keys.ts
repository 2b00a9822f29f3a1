import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { formatJid, parseJid, parseRecipient } from '@carteiro/contracts/jid'
import { namePatternsOf } from '@carteiro/contracts/person'
import type { Database } from '@carteiro/database/connect'
import type { SignalDataSet, WASocket } from '@whiskeysockets/baileys'
import { sql } from 'kysely'

/** Of the session itself, and numbered. */
const OWN_TYPES = ['creds', 'pre-key', 'app-state-sync-key', 'app-state-sync-version']

/**
 * Deletes the Signal keys that are kept by a person's number or LID. A message of the person's that comes on the old
 * session cannot be read at first: WhatsApp is asked for it again, and the answer makes a new one. Where the session
 * runs it does so itself, as it knows the keys by heart: between two steps of theirs, or the one under way would write
 * again what it has read.
 *
 * @returns how many keys went
 */
export async function forgetKeys(
  db: Database,
  socket: Pick<WASocket, 'authState'> | undefined,
  instance: Pick<BrokerInstance, 'id' | 'phone' | 'lid'>,
  jids: string[],
): Promise<number> {
  const own = ownJids(instance)
  const others = jids.filter((jid) => !own.includes(jid))
  if (others.length === 0) return 0
  const groups = others.filter((jid) => jid.endsWith('@g.us'))
  const patterns = namePatternsOf(others.filter((jid) => !groups.includes(jid)))
  // A group's key is kept by group and member. The id of an old group begins with the number of who made it.
  const which = sql`
    instance_id = ${instance.id} and type <> all(${OWN_TYPES}::text[]) and case
      when type in ('sender-key', 'sender-key-memory') then
        split_part(id, '::', 1) = any(${groups}::text[]) or split_part(id, '::', 2) ~ any(${patterns}::text[])
      else id ~ any(${patterns}::text[]) end`
  const { rows } = await sql<KeyRow>`
    select type, id from broker.session_key where ${which}`.execute(db)
  if (rows.length === 0) return 0
  if (socket) await forgetByHeart(socket.authState.keys, rows)
  else await sql`delete from broker.session_key where ${which}`.execute(db)
  return rows.length
}

/** An account may write to itself: its own keys are what it lives by. */
const ownJids = ({ phone, lid }: Pick<BrokerInstance, 'phone' | 'lid'>): string[] =>
  [phone ? parseRecipient(phone) : undefined, lid ? parseJid(lid) : undefined].flatMap((jid) =>
    jid ? [formatJid(jid)] : [],
  )

interface KeyRow {
  type: string
  id: string
}

async function forgetByHeart(keys: WASocket['authState']['keys'], rows: KeyRow[]): Promise<void> {
  for (const [lock, some] of Map.groupBy(rows, lockOf)) {
    const forget = async () => await keys.set(noneOf(some))
    await (lock === undefined ? forget() : keys.transaction(forget, lock))
  }
}

/** By what its steps are locked: a session by its address, a group's key by the group. */
const lockOf = ({ type, id }: KeyRow): string | undefined =>
  type === 'session' ? id : type === 'sender-key' ? id.split('::')[0] : undefined

function noneOf(keys: KeyRow[]): SignalDataSet {
  const byType = Map.groupBy(keys, ({ type }) => type)
  return Object.fromEntries(
    [...byType].map(([type, rows]) => [type, Object.fromEntries(rows.map(({ id }) => [id, null]))]),
  )
}
