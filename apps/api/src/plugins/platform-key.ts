import { createSecretMatcher, type SecretMatcher } from '@carteiro/runtime/secret-matcher'
import type { ApiConfig } from '../config.ts'

type Keys = Pick<ApiConfig, 'WHATSAPP_WEBHOOK_API_KEY' | 'WHATSAPP_BROKER_API_KEY'>

/** Knows the key by which our platform's broker posts, for any tenant. Without one configured, none is it. */
export function createPlatformKeyMatcher(config: Keys): SecretMatcher {
  const key = config.WHATSAPP_WEBHOOK_API_KEY ?? config.WHATSAPP_BROKER_API_KEY
  return key === undefined ? () => false : createSecretMatcher(key)
}
