import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { isObject } from './is-object.ts'
import { readWaitingVotes } from './record-vote.ts'

interface PollContent {
  name: string | null
  options: string[]
  /** 0 for any number. */
  selectableCount: number
  /** Base64, where it is known. */
  secret: string | null
}

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

const CREATIONS = [
  'poll',
  'pollCreationMessage',
  'pollCreationMessageV2',
  'pollCreationMessageV3',
  'pollCreationMessageV4',
  'pollCreationMessageV5',
]

/** A poll as it came, or as we sent it, by whichever name it stands under; `undefined` for what is none. */
export function readPoll(message: Record<string, unknown>): PollContent | undefined {
  const poll = CREATIONS.map((key) => message[key]).find(isObject)
  if (!poll) return undefined
  const context = isObject(message.messageContextInfo) ? message.messageContextInfo : {}
  const options = Array.isArray(poll.options) ? poll.options : []
  return {
    name: firstText(poll.name, poll.question),
    options: options.flatMap((option) => {
      const name = isObject(option) ? firstText(option.name, option.optionName) : firstText(option)
      return name === null ? [] : [name]
    }),
    selectableCount: firstCount(poll.selectableCount, poll.selectableOptionsCount),
    secret: firstText(
      poll.messageSecret,
      poll.secret,
      poll.encKey,
      message.messageSecret,
      context.messageSecret,
    ),
  }
}

const firstCount = (...candidates: unknown[]): number =>
  candidates.find((value): value is number => Number.isInteger(value)) ?? 0

function firstText(...candidates: unknown[]): string | null {
  const found = candidates.find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : null
}
