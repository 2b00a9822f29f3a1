import { z } from 'zod'

const Text = z.string().min(1).optional().catch(undefined)

/** Answers to a send as brokers in the field give them; ours is the first form. */
const SentAnswer = z
  .object({
    externalId: Text,
    id: Text,
    messageId: Text,
    key: z.object({ id: Text }).optional().catch(undefined),
    status: z.unknown().optional(),
    ack: z.unknown().optional(),
  })
  .loose()

/**
 * Reads what a broker answered to a send: WhatsApp's id (externalId, else id, messageId, key.id, else the id that we
 * asked with) and whether WhatsApp's server has acknowledged it. Only an explicit `pending` (or ack 1) is not yet sent.
 */
export function readSent(
  body: unknown,
  fallbackId: string,
): { status: 'sent' | 'pending'; providerMessageId: string } {
  const answer = SentAnswer.safeParse(body)
  if (!answer.success) return { status: 'sent', providerMessageId: fallbackId }
  const { externalId, id, messageId, key, status, ack } = answer.data
  const pending = (typeof status === 'string' && status.toLowerCase() === 'pending') || ack === 1
  return {
    status: pending ? 'pending' : 'sent',
    providerMessageId: externalId ?? id ?? messageId ?? key?.id ?? fallbackId,
  }
}
