import { RetryMinutes } from '@carteiro/domain/outbox/retry-policy'
import { flag, port, processVariables, readConfig, wholeNumber } from '@carteiro/runtime/config'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'
import { sealKey } from '@carteiro/runtime/seal-key'
import { requireStorageVariables, storageVariables } from '@carteiro/storage/config'
import { z } from 'zod'

const WorkerConfig = z.object({
  ...processVariables,
  ...storageVariables,
  WORKER_PORT: port(3002),
  WHATSAPP_BROKER_URL: z.url({ error: 'must be the broker\u2019s URL' }).optional(),
  WHATSAPP_BROKER_API_KEY: z.string().min(16, 'must have 16 characters or more').optional(),
  WHATSAPP_BROKER_TIMEOUT_MS: wholeNumber(30_000, 1_000),
  UPLOAD_LINK_SECRET: z.string().min(16, 'must have 16 characters or more').optional(),
  API_INTERNAL_URL: z
    .url({ protocol: /^https?$/, error: 'must be the API\u2019s URL' })
    .default('http://127.0.0.1:3000'),
  INBOUND_MAX_ATTEMPTS: wholeNumber(3, 1),
  MEDIA_CONCURRENCY: wholeNumber(4, 1),
  MEDIA_MAX_ATTEMPTS: wholeNumber(5, 1),
  MEDIA_MAX_BYTES: wholeNumber(100 * 1024 * 1024, 1),
  MEDIA_TIMEOUT_SECONDS: wholeNumber(300, 1),
  OUTBOX_WORKER_ENABLED: flag(true),
  OUTBOX_BATCH_SIZE: wholeNumber(10, 1),
  OUTBOX_SWEEP_SECONDS: wholeNumber(15, 1),
  OUTBOX_CLAIM_SECONDS: wholeNumber(120, 2),
  OUTBOX_RETRY_MINUTES: RetryMinutes,
  RETENTION_DAYS_DELIVERIES: wholeNumber(90, 1),
  RETENTION_DAYS_EVENTS: wholeNumber(30, 1),
  RETENTION_DAYS_AUDIT: wholeNumber(400, 1),
  RETENTION_DAYS_NOTIFICATIONS: wholeNumber(90, 1),
  CREDENTIALS_ENCRYPTION_KEY: sealKey().optional(),
  WHATSAPP_CLOUD_API_BASE_URL: z
    .url({ error: 'must be a URL' })
    // Access tokens go there.
    .refine((url) => url.startsWith('https://') || isLoopbackUrl(url, ['http:']), {
      error: 'must be https://, or http:// on a loopback host',
    })
    .default('https://graph.facebook.com'),
  WHATSAPP_CLOUD_API_VERSION: z
    .string()
    .regex(/^v\d{1,3}\.\d{1,2}$/, 'must be a version of the Graph API, as v25.0')
    .default('v25.0'),
})

export type WorkerConfig = z.output<typeof WorkerConfig>

/** @throws ConfigurationError naming every fault */
export function readWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  return readConfig(
    WorkerConfig.refine(
      (config) => !(config.OUTBOX_CLAIM_SECONDS * 1_000 <= config.WHATSAPP_BROKER_TIMEOUT_MS),
      {
        path: ['OUTBOX_CLAIM_SECONDS'],
        message:
          'must be longer than WHATSAPP_BROKER_TIMEOUT_MS: a claim must outlive the call that it covers',
        // Also beside other faults (a number may then be NaN): all are named together.
        when: () => true,
      },
    ).superRefine(requireStorageVariables, { when: () => true }),
    env,
  )
}
