import { formatJid, parseJid, parseRecipient } from '@carteiro/contracts/jid'
import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import type { WAMessageKey, WASocket } from '@whiskeysockets/baileys'
import { sql } from 'kysely'
import { z } from 'zod'

export interface MessagesToRead {
  instanceId: string
  messageIds: string[]
  /** The chat of messages that the broker does not know. */
  to?: string | undefined
  participant?: string | undefined
}

const Key = z.object({
  remoteJid: z.string(),
  fromMe: z.boolean().default(false),
  participant: z.string().nullish(),
})

/**
 * Marks messages as read.
 *
 * @param receipts whether their writers are told; else only the account's other devices are
 * @returns which were, and which nobody knows
 */
export async function readMessages(
  db: Database,
  socket: Pick<WASocket, 'readMessages' | 'sendReceipts'>,
  { instanceId, messageIds, to, participant }: MessagesToRead,
  receipts: boolean,
): Promise<{ read: string[]; unknown: string[] }> {
  const known = await findKeys(db, instanceId, messageIds)
  const named = to === undefined ? undefined : nameChat(to, participant)
  const keys = [...new Set(messageIds)].flatMap((id) => {
    const key = known.get(id) ?? named
    return key ? [{ ...key, id }] : []
  })
  const theirs = keys.filter(({ fromMe }) => !fromMe)
  if (theirs.length > 0) {
    if (receipts) await socket.readMessages(theirs)
    else await socket.sendReceipts(theirs, 'read-self')
  }
  const read = theirs.map(({ id }) => id)
  return { read, unknown: messageIds.filter((id) => !read.includes(id)) }
}

/** As the messages' events in the journal have them. */
async function findKeys(
  db: Database,
  instanceId: string,
  messageIds: string[],
): Promise<Map<string, WAMessageKey>> {
  const rows = await db
    .selectFrom('broker.journal')
    .select(['event_id', sql<unknown>`event->'payload'->'metadata'->'rawKey'`.as('key')])
    .where('instance_id', '=', instanceId)
    .where('event_id', '=', sql<string>`any(${messageIds}::text[])`)
    .execute()
  return new Map(
    rows.flatMap(({ event_id, key }) => {
      const { data } = Key.safeParse(key)
      return data ? [[event_id, { ...data, participant: data.participant ?? null }] as const] : []
    }),
  )
}

/** @throws Problem INVALID_TO, or INVALID_PAYLOAD for a group whose writer is not named */
function nameChat(to: string, participant: string | undefined): WAMessageKey {
  const chat = parseRecipient(to)
  if (!chat) throw new Problem('INVALID_TO', 'The chat is no phone number, user, LID or group.')
  const writer = participant === undefined ? undefined : parseJid(participant)
  if (chat.kind === 'group' && !writer) {
    throw new Problem('INVALID_PAYLOAD', 'In a group, participant must name who wrote the messages, by jid.')
  }
  return { remoteJid: formatJid(chat), fromMe: false, participant: writer ? formatJid(writer) : null }
}
