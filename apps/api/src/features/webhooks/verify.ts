import { Problem } from '@carteiro/contracts/problem'
import { findKey, mayAct } from '@carteiro/domain/keys/find-key'
import { verifyWebhook } from '@carteiro/runtime/webhook-signature'
import type { Dependencies } from '../../dependencies.ts'
import { type Headers, readSecret } from '../../plugins/authentication.ts'
import { createPlatformKeyMatcher, type IsPlatformKey } from '../../plugins/platform-key.ts'

/** Who posts: our platform's broker, for any tenant, or one tenant's own broker. */
export type Sender = { kind: 'platform' } | { kind: 'tenant'; tenantId: string }

/** Lets a webhook in. @throws Problem INVALID_API_KEY, INSUFFICIENT_SCOPE or INVALID_SIGNATURE */
export type VerifySender = (headers: Headers, rawBody: Buffer) => Promise<Sender>

/**
 * By the platform's broker key or a tenant's key with scope `webhook`, and by the signature over the raw bytes
 * whenever one is sent (always, when it is demanded).
 */
export function createVerifySender({ config, db }: Pick<Dependencies, 'config' | 'db'>): VerifySender {
  const isPlatformKey = createPlatformKeyMatcher(config)
  return async (headers, rawBody) => {
    const sender = await identify({ isPlatformKey, db }, headers)
    assertSignature(config, headers, rawBody)
    return sender
  }
}

async function identify(
  { isPlatformKey, db }: { isPlatformKey: IsPlatformKey } & Pick<Dependencies, 'db'>,
  headers: Headers,
): Promise<Sender> {
  const secret = readSecret(headers)
  if (secret === undefined)
    throw new Problem('INVALID_API_KEY', 'Send the broker\u2019s API key as X-API-Key.')
  if (isPlatformKey(headers)) return { kind: 'platform' }
  const actor = await findKey(db, secret)
  if (!actor) throw new Problem('INVALID_API_KEY', 'This API key is not known, has expired, or was revoked.')
  if (!mayAct(actor, 'webhook'))
    throw new Problem('INSUFFICIENT_SCOPE', 'This needs a key with the scope webhook.')
  return { kind: 'tenant', tenantId: actor.tenantId }
}

function assertSignature(config: Dependencies['config'], headers: Headers, rawBody: Buffer): void {
  const secret = config.WHATSAPP_WEBHOOK_HMAC_SECRET
  if (secret === undefined) return
  const verdict = verifyWebhook(secret, headers, rawBody, Date.now())
  if (verdict === 'valid' || (verdict === 'missing' && !config.WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE)) return
  throw new Problem('INVALID_SIGNATURE', SIGNATURE_HELP[verdict])
}

const SIGNATURE_HELP = {
  missing: 'Sign the raw body with HMAC-SHA256 and send it as X-Webhook-Signature.',
  invalid: 'X-Webhook-Signature does not fit the body and the secret.',
  expired: 'X-Webhook-Timestamp is more than 5 minutes away from our clock; sign anew for every attempt.',
}
