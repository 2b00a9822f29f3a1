import { createHash } from 'node:crypto'

const HEX_DIGITS = 18

/**
 * The WhatsApp id under which a message leaves: the same for the same instance and idempotency key, so that
 * WhatsApp's server takes a message once however often it is sent.
 */
export function messageId(instanceId: string, idempotencyKey: string): string {
  const digest = createHash('sha256').update(`${instanceId}\0${idempotencyKey}`).digest('hex')
  return `3EB0${digest.slice(0, HEX_DIGITS).toUpperCase()}`
}
