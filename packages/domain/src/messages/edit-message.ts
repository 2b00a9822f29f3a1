import type { EditEnvelope } from '@carteiro/contracts/envelope'
import { parseJid } from '@carteiro/contracts/jid'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { ChangeStatus } from './apply-change.ts'
import { describeContent } from './describe-content.ts'
import { type MessageRow, rewriteMessage } from './store-message.ts'
import { tellUpdated } from './tell-updated.ts'

/** Replaces a message's text and content; what it said before stays in `metadata.edits`, oldest first. */
export async function editMessage(
  work: UnitOfWork,
  row: MessageRow,
  envelope: EditEnvelope,
): Promise<ChangeStatus> {
  // An edit is the writer's alone.
  if ((row.direction === 'outbound') !== (envelope.fromMe ?? false)) return 'ignored'
  if (row.type === 'revoked' || isAnotherMember(row.metadata.participantJid, envelope.participantJid)) {
    return 'ignored'
  }
  const { editedAt } = row.metadata
  if (typeof editedAt === 'string' && Date.parse(editedAt) > Date.parse(envelope.timestamp)) return 'stale'
  const edits = Array.isArray(row.metadata.edits) ? row.metadata.edits : []
  const before = { type: row.type, text: row.text, content: row.content, until: envelope.timestamp }
  const { text } = describeContent(envelope.message)
  const next = await rewriteMessage(work, row, {
    // An edited caption comes without its picture: that stays.
    type: row.type,
    text,
    content: row.type === 'text' ? envelope.message : withFileOf(row.content, envelope.message),
    metadata: { ...row.metadata, edits: [...edits, before], editedAt: envelope.timestamp },
  })
  await tellUpdated(work, next, { what: 'edited', at: envelope.timestamp })
  return 'changed'
}

/** What an edited caption says of its file is less than what the file is fetched by. */
function withFileOf(before: Record<string, unknown>, edited: Record<string, unknown>) {
  const media = { ...toObject(before.media), ...toObject(edited.media) }
  return { ...before, ...edited, ...(Object.keys(media).length === 0 ? {} : { media }) }
}

const toObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

/** A member of a group may not rewrite what another one said; two spellings of different kinds cannot be compared. */
function isAnotherMember(author: unknown, editor: string | null): boolean {
  const [one, other] = [author, editor].map((jid) => (typeof jid === 'string' ? parseJid(jid) : undefined))
  return one !== undefined && other?.kind === one.kind && JSON.stringify(one) !== JSON.stringify(other)
}
