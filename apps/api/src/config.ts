import { RetryMinutes } from '@carteiro/domain/outbox/retry-policy'
import { flag, hostList, port, processVariables, readConfig, wholeNumber } from '@carteiro/runtime/config'
import { sealKey } from '@carteiro/runtime/seal-key'
import { requireStorageVariables, storageVariables } from '@carteiro/storage/config'
import { z } from 'zod'
import { uploadVariables } from './upload-variables.ts'

const secret = z.string().min(16, 'must have 16 characters or more')

const ApiConfig = z.object({
  ...processVariables,
  ...storageVariables,
  ...uploadVariables,
  API_PORT: port(3000),
  WHATSAPP_BROKER_URL: z.url({ error: 'must be the broker\u2019s URL' }).optional(),
  WHATSAPP_BROKER_API_KEY: secret.optional(),
  WHATSAPP_BROKER_TIMEOUT_MS: wholeNumber(30_000, 1_000),
  WHATSAPP_WEBHOOK_API_KEY: secret.optional(),
  WHATSAPP_WEBHOOK_HMAC_SECRET: secret.optional(),
  WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE: flag(false),
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: secret.optional(),
  CREDENTIALS_ENCRYPTION_KEY: sealKey().optional(),
  JOB_RUNNER_TOKEN: secret.optional(),
  CRON_SECRET: secret.optional(),
  RATE_LIMIT_PER_MINUTE: wholeNumber(6_000),
  REALTIME_MAX_PENDING_KB: wholeNumber(512, 16),
  REALTIME_MAX_CONNECTIONS_PER_TENANT: wholeNumber(2_000, 1),
  REALTIME_HEARTBEAT_SECONDS: wholeNumber(15, 1),
  WHATSAPP_RAW_FALLBACK_ENABLED: flag(true),
  INGEST_OWN_MESSAGES: flag(false),
  OUTBOX_RETRY_MINUTES: RetryMinutes,
  OUTBOX_CLAIM_SECONDS: wholeNumber(120, 30),
  MEDIA_ALLOWED_HOSTS: hostList(),
})

export type ApiConfig = z.output<typeof ApiConfig>

/** @throws ConfigurationError naming every fault */
export function readApiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  return readConfig(
    ApiConfig.refine(
      (config) =>
        config.WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE !== true ||
        config.WHATSAPP_WEBHOOK_HMAC_SECRET !== undefined,
      {
        path: ['WHATSAPP_WEBHOOK_HMAC_SECRET'],
        message: 'is needed when WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE is true',
        // Also beside other faults: all are named together.
        when: () => true,
      },
    ).superRefine(requireStorageVariables, { when: () => true }),
    env,
  )
}
