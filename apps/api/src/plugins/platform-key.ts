import { timingSafeEqual } from 'node:crypto'
import { hashSecret } from '@carteiro/domain/keys/hash-secret'
import type { ApiConfig } from '../config.ts'
import type { Headers } from './authentication.ts'
import { readSecretHash } from './secret-hash.ts'

type Keys = Pick<ApiConfig, 'WHATSAPP_WEBHOOK_API_KEY' | 'WHATSAPP_BROKER_API_KEY'>

/** Whether a request gives the key by which our platform's broker posts, for any tenant. */
export type IsPlatformKey = (headers: Headers) => boolean

/** Compares hashes, in a time that tells nothing of where they differ. Without a key configured, none is it. */
export function createPlatformKeyMatcher(config: Keys): IsPlatformKey {
  const key = config.WHATSAPP_WEBHOOK_API_KEY ?? config.WHATSAPP_BROKER_API_KEY
  if (key === undefined) return () => false
  const expected = hashSecret(key)
  return (headers) => {
    const given = readSecretHash(headers)
    return given !== undefined && timingSafeEqual(given, expected)
  }
}
