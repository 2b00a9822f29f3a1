import type { Envelope } from '@carteiro/contracts/envelope'
import { parseJid } from '@carteiro/contracts/jid'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { readOptWord } from '@carteiro/domain/consents/opt-word'
import { awaitTurns, type TurnCandidate } from '@carteiro/domain/flow/await-turns'
import { describeContent } from '@carteiro/domain/messages/describe-content'

/** An envelope, and the message that was stored of it. */
export interface Stored {
  envelope: Envelope
  messageId: string
}

/**
 * Writes down which of the messages that were stored may be answered automatically: what persons wrote to us, never a
 * group's, our own, an edit or a reaction.
 *
 * @returns how many are to be looked at
 */
export async function awaitAnswers(transaction: DatabaseTransaction, stored: Stored[]): Promise<number> {
  return awaitTurns(transaction, stored.flatMap(toCandidate))
}

function toCandidate({ envelope, messageId }: Stored): TurnCandidate[] {
  if (envelope.kind !== 'message' || envelope.direction !== 'inbound') return []
  if (parseJid(envelope.chatKey)?.kind === 'group') return []
  const { tenantId, requestId, message, metadata } = envelope
  const isOptWord = readOptWord(describeContent(message).text) !== undefined
  return [{ tenantId, messageId, requestId, isOptWord, isBackfilled: metadata.backfilled === true }]
}
