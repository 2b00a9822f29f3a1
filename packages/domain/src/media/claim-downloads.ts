import type { MessageMedia } from '@carteiro/contracts/media'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { inlineBytes, readWrittenFile, type WrittenFile, writtenSha256 } from './written-file.ts'

/** Work on one file that this worker alone may do, until its claim ends. */
export interface ClaimedDownload {
  tenantId: string
  messageId: string
  instanceId: string
  /** Which try this is, from 1. A claim that ended without an answer counts as one. */
  attempt: number
  /** It was waited for as long as anybody should. */
  expired: boolean
  /** What is to be fetched; `null`: its message was revoked, the bytes are to be deleted. */
  source: MediaSource | null
}

/** Where the bytes of a message are, as the message told it. */
export interface MediaSource {
  transport: 'baileys' | 'cloud'
  providerMessageId: string
  /** The chat as it was written, where it was. */
  chatKey?: string | undefined
  type: MessageMedia['type']
  claimedType: string | null
  /** In hex; what the bytes must have. */
  sha256: string | null
  /** The bytes themselves, in base64, where they came with the message. */
  inline: string | null
  file: Pick<WrittenFile, 'directPath' | 'mediaKey' | 'url' | 'id'>
}

export interface ClaimRequest {
  limit: number
  /** Longer than the work may take. */
  claimSeconds: number
}

/** How long a file is waited for whose broker or instance is away. */
const EXPIRES_AFTER = '7 days'

/** Others may be claiming the oldest ones at this moment: so many times more are looked at than are taken. */
const LOOK_AHEAD = 4

interface ClaimedRow {
  tenant_id: string
  message_id: string
  instance_id: string
  act: 'fetch' | 'delete'
  attempts: number
  expired: boolean
  transport: 'baileys' | 'cloud'
  media: MessageMedia | null
  content: object | null
  provider_message_id: string | null
}

/**
 * Claims files that are due, also those whose worker died. Instances take turns: the one that has the fewest files
 * under way (in all workers) comes first, each gives its oldest before any gives its second, and a lot decides
 * between equals, as the oldest of them would always be the one with the longest queue. So an instance with a
 * thousand pictures holds up another one's by a slot at most. A chore: it looks across tenants.
 */
export async function claimDownloads(
  db: Queryable,
  { limit, claimSeconds }: ClaimRequest,
): Promise<ClaimedDownload[]> {
  const { rows } = await sql<ClaimedRow>`
    with due as (
      select d.tenant_id, d.message_id,
        busy.count + row_number() over (partition by i.tenant_id, i.id order by d.next_attempt_at) as turn
      from instance i cross join lateral (
        select tenant_id, message_id, next_attempt_at from media_download
        where tenant_id = i.tenant_id and instance_id = i.id and next_attempt_at <= now()
        order by next_attempt_at limit ${limit * LOOK_AHEAD}
      ) d cross join lateral (
        select count(*) from media_download
        where tenant_id = i.tenant_id and instance_id = i.id and claimed_until > now()
      ) busy
    ), first as (
      select tenant_id, message_id, row_number() over (order by turn, random()) as place from due
      order by place limit ${limit * LOOK_AHEAD}
    ), chosen as (
      select m.tenant_id, m.message_id from first join media_download m using (tenant_id, message_id)
      where m.next_attempt_at <= now()
      order by first.place limit ${limit} for update of m skip locked
    ), claimed as (
      update media_download m set
        attempts = m.attempts + 1,
        claimed_until = now() + make_interval(secs => ${claimSeconds}),
        next_attempt_at = now() + make_interval(secs => ${claimSeconds})
      from chosen where m.tenant_id = chosen.tenant_id and m.message_id = chosen.message_id
      returning m.*
    )
    select c.tenant_id, c.message_id, c.instance_id, c.act, c.attempts,
      c.created_at < now() - ${EXPIRES_AFTER}::interval as expired,
      i.transport, m.media, m.content, m.provider_message_id
    from claimed c join instance i on i.tenant_id = c.tenant_id and i.id = c.instance_id
      left join message m on m.tenant_id = c.tenant_id and m.id = c.message_id`.execute(db)
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    messageId: row.message_id,
    instanceId: row.instance_id,
    attempt: row.attempts,
    expired: row.expired,
    source: row.act === 'delete' ? null : toSource(row),
  }))
}

/** `null` also where the message went in a way that nobody foresaw: then nothing may stay of it. */
function toSource({ content, media, transport, provider_message_id }: ClaimedRow): MediaSource | null {
  if (!content || !media) return null
  const file = readWrittenFile(content)
  return {
    transport,
    providerMessageId: provider_message_id ?? '',
    chatKey: 'chatId' in content && typeof content.chatId === 'string' ? content.chatId : undefined,
    type: media.type,
    claimedType: media.mimeType,
    sha256: writtenSha256(file),
    inline: inlineBytes(file),
    file: { directPath: file.directPath, mediaKey: file.mediaKey, url: file.url, id: file.id },
  }
}
