import { EncryptedVote, type VoteEnvelope } from '@carteiro/contracts/envelope'
import type { PollVoteTable } from '@carteiro/database/inbound-tables'
import { type Selectable, sql } from 'kysely'
import { spellingsOf } from '../contacts/person-key.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { decryptVote, optionId } from './decrypt-vote.ts'
import { findMessage } from './find-message.ts'
import { tellUpdated } from './tell-updated.ts'

interface PollKey {
  tenantId: string
  instanceId: string
  pollMessageId: string
}

type VoteRow = Selectable<PollVoteTable>

/**
 * Keeps a person's vote: a later one replaces it. One that is encrypted is read as soon as the poll's secret is known,
 * now or when the poll comes (`waiting`).
 */
export async function recordVote(
  work: UnitOfWork,
  envelope: VoteEnvelope,
): Promise<{ status: 'voted' | 'waiting' | 'stale' }> {
  const { tenantId, instanceId, pollMessageId } = envelope
  const jids = [...envelope.voterJids, envelope.participantJid ?? envelope.chatKey]
  const voterJids = [...new Set([...(await spellingsOf(work, tenantId, jids)), ...jids])]
  const ids = envelope.selectedOptionIds ?? envelope.selectedOptions?.map(optionId) ?? null
  const encrypted = envelope.encrypted === null ? null : JSON.stringify(envelope.encrypted)
  const { rows } = await sql`
    insert into poll_vote as v (tenant_id, instance_id, poll_message_id, voter, voter_jids, creator_jids, encrypted,
      selected_option_ids, selected_options, voted_at)
    values (${tenantId}, ${instanceId}, ${pollMessageId}, ${voterJids[0]}, ${voterJids}::text[],
      ${envelope.creatorJids}::text[], ${encrypted}::jsonb, ${ids}::text[], ${envelope.selectedOptions}::text[],
      ${envelope.timestamp})
    on conflict (tenant_id, instance_id, poll_message_id, voter) do update set
      voter_jids = excluded.voter_jids, creator_jids = excluded.creator_jids, encrypted = excluded.encrypted,
      selected_option_ids = excluded.selected_option_ids, selected_options = excluded.selected_options,
      voted_at = excluded.voted_at
    where v.voted_at <= excluded.voted_at
    returning voter`.execute(work.transaction)
  if (rows.length === 0) return { status: 'stale' }
  if (ids) await tellVotes(work, { tenantId, instanceId, pollMessageId })
  const read = ids !== null || (await readWaitingVotes(work, { tenantId, instanceId, pollMessageId })) > 0
  return { status: read ? 'voted' : 'waiting' }
}

/** Reads the votes that are still encrypted, if the poll's secret is known. @returns how many could be read */
export async function readWaitingVotes(work: UnitOfWork, key: PollKey): Promise<number> {
  const poll = await findPoll(work, key)
  const { secret } = poll ?? {}
  if (!secret) return 0
  let read = 0
  for (const vote of await readVotes(work, key)) {
    if (vote.selected_option_ids !== null) continue
    const ids = await decrypt(work, key, secret, vote)
    if (!ids) continue
    await work.transaction
      .updateTable('poll_vote')
      .set({ selected_option_ids: ids, encrypted: null })
      .where('tenant_id', '=', key.tenantId)
      .where('instance_id', '=', key.instanceId)
      .where('poll_message_id', '=', key.pollMessageId)
      .where('voter', '=', vote.voter)
      .execute()
    read++
  }
  if (read > 0) await tellVotes(work, key)
  return read
}

async function decrypt(
  work: UnitOfWork,
  { tenantId, instanceId, pollMessageId }: PollKey,
  secret: Buffer,
  vote: VoteRow,
): Promise<string[] | undefined> {
  const { payload, iv } = EncryptedVote.parse(vote.encrypted)
  const own = await work.transaction
    .selectFrom('instance')
    .select(['phone', 'lid'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', instanceId)
    .executeTakeFirst()
  const ownPhone = own?.phone ? [`${own.phone.replace(/\D/g, '')}@s.whatsapp.net`] : []
  const ownJids = [...ownPhone, ...(own?.lid ? [own.lid] : [])]
  const creators = await spellingsOf(work, tenantId, [...vote.creator_jids, ...ownJids])
  const bytes = { payload: Buffer.from(payload, 'base64'), iv: Buffer.from(iv, 'base64') }
  const creatorJids = [...new Set([...creators, ...vote.creator_jids])]
  return decryptVote(bytes, { pollMessageId, secret, voterJids: vote.voter_jids, creatorJids })
}

async function tellVotes(work: UnitOfWork, key: PollKey): Promise<void> {
  const message = await findMessage(work, { ...key, providerMessageId: key.pollMessageId })
  if (!message) return
  const poll = await findPoll(work, key)
  const names = new Map(poll?.options.map((name) => [optionId(name), name]))
  const votes = (await readVotes(work, key)).flatMap(({ voter, selected_options, selected_option_ids }) => {
    const selectedOptions = selected_options ?? selected_option_ids?.map((id) => names.get(id) ?? id)
    return selectedOptions ? [{ by: voter, selectedOptions }] : []
  })
  await tellUpdated(work, message, { what: 'votes', votes })
}

const readVotes = ({ transaction }: UnitOfWork, key: PollKey): Promise<VoteRow[]> =>
  transaction
    .selectFrom('poll_vote')
    .selectAll()
    .where('tenant_id', '=', key.tenantId)
    .where('instance_id', '=', key.instanceId)
    .where('poll_message_id', '=', key.pollMessageId)
    .orderBy('voter')
    .forUpdate()
    .execute()

const findPoll = ({ transaction }: UnitOfWork, key: PollKey) =>
  transaction
    .selectFrom('poll')
    .select(['options', 'secret'])
    .where('tenant_id', '=', key.tenantId)
    .where('instance_id', '=', key.instanceId)
    .where('poll_message_id', '=', key.pollMessageId)
    .executeTakeFirst()
