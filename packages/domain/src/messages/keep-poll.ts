import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { readPoll } from './read-poll.ts'
import { readWaitingVotes } from './record-vote.ts'

/** Whether a message is a poll, or brings what one is read with. */
export const isPoll = ({ message }: Pick<MessageEnvelope, 'message'>): boolean =>
  readPoll(message) !== undefined

/** Keeps what a poll's votes are read with, when a message is one; votes that waited for its secret are read now. */
export async function keepPoll(work: UnitOfWork, envelope: MessageEnvelope): Promise<void> {
  const poll = readPoll(envelope.message)
  if (!poll) return
  const { tenantId, instanceId, providerMessageId: pollMessageId } = envelope
  const secret = poll.secret === null ? null : Buffer.from(poll.secret, 'base64')
  await sql`
    insert into poll as p (tenant_id, instance_id, poll_message_id, name, options, secret)
    values (${tenantId}, ${instanceId}, ${pollMessageId}, ${poll.name}, ${poll.options}::text[], ${secret})
    on conflict (tenant_id, instance_id, poll_message_id) do update set
      name = coalesce(excluded.name, p.name),
      options = case when excluded.options = '{}' then p.options else excluded.options end,
      secret = coalesce(excluded.secret, p.secret)`.execute(work.transaction)
  await readWaitingVotes(work, { tenantId, instanceId, pollMessageId })
}
