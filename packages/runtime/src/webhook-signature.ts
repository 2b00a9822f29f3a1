import { createHmac, timingSafeEqual } from 'node:crypto'

/** A signature older (or newer) than this is refused: it may be a replay. */
export const SIGNATURE_MAX_AGE_MS = 5 * 60_000

export interface SignedWebhookHeaders {
  'x-webhook-id': string
  'x-webhook-timestamp': string
  'x-webhook-signature': string
}

/**
 * Signs a webhook body: HMAC-SHA256 over `timestamp.id.body`, in hex. Signed anew for every attempt.
 *
 * @param timestamp epoch seconds
 */
export function signWebhook(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): SignedWebhookHeaders {
  return {
    'x-webhook-id': id,
    'x-webhook-timestamp': String(timestamp),
    'x-webhook-signature': `sha256=${digest(secret, `${timestamp}.${id}.`, body).toString('hex')}`,
  }
}

export type SignatureVerdict = 'valid' | 'missing' | 'invalid' | 'expired'

/** A SHA-256 in hex, which has no secret length to tell. */
const SIGNATURE = /^(?:sha256=)?([0-9a-f]{64})$/i

/** Where a signature may stand: three generations of brokers disagree (broker contracts, section 1). */
const SIGNATURE_HEADERS = [
  'x-webhook-signature',
  'x-webhook-signature-sha256',
  'x-signature',
  'x-signature-sha256',
]

/**
 * Judges the HMAC of a webhook over its raw bytes, with or without the prefix `sha256=`. Where the sender names
 * `X-Webhook-Timestamp` and `X-Webhook-Id`, they are signed along and the age is checked.
 *
 * @param nowMs epoch milliseconds
 */
export function verifyWebhook(
  secret: string,
  headers: Record<string, string | string[] | undefined>,
  rawBody: Buffer,
  nowMs: number,
): SignatureVerdict {
  const given = SIGNATURE_HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string')
  if (given === undefined) return 'missing'
  const hex = SIGNATURE.exec(given)?.[1]
  if (hex === undefined) return 'invalid'
  const timestamp = headers['x-webhook-timestamp']
  const id = headers['x-webhook-id']
  const signedAlong = typeof timestamp === 'string' && typeof id === 'string' ? `${timestamp}.${id}.` : ''
  if (!timingSafeEqual(Buffer.from(hex, 'hex'), digest(secret, signedAlong, rawBody))) return 'invalid'
  // Asked this way round, a time that is no number is never young.
  const young = Math.abs(nowMs - Number(timestamp) * 1000) <= SIGNATURE_MAX_AGE_MS
  return signedAlong && !young ? 'expired' : 'valid'
}

function digest(secret: string, prefix: string, body: string | Buffer): Buffer {
  return createHmac('sha256', secret).update(prefix).update(body).digest()
}
