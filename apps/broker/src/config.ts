import { port, processVariables, readConfig, wholeNumber } from '@carteiro/runtime/config'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'
import { sealKey } from '@carteiro/runtime/seal-key'
import { z } from 'zod'

const MIN_SECRET_LENGTH = 16

const secret = () => z.string().min(MIN_SECRET_LENGTH, `must have at least ${MIN_SECRET_LENGTH} characters`)

/** Every variable the broker reads. */
const Variables = z.object({
  ...processVariables,
  BROKER_PORT: port(3001),
  WHATSAPP_BROKER_API_KEY: secret(),
  WHATSAPP_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .default('http://127.0.0.1:3000/api/integrations/whatsapp/webhook'),
  WHATSAPP_WEBHOOK_API_KEY: secret().optional(),
  WHATSAPP_WEBHOOK_HMAC_SECRET: secret().optional(),
  SESSION_ENCRYPTION_KEY: sealKey(),
  RETENTION_DAYS_JOURNAL: wholeNumber(7, 1),
  WHATSAPP_WEB_SOCKET_URL: z
    .string()
    // Without TLS and without pairing: such a server may only stand on this machine.
    .refine(
      (url) => isLoopbackUrl(url, ['ws:']),
      'must be ws:// on a loopback host; leave it out to reach WhatsApp itself',
    )
    .optional(),
  WHATSAPP_MEDIA_URL: z
    .string()
    .refine(
      (url) => isLoopbackUrl(url, ['http:', 'https:']),
      'must be http(s):// on a loopback host; leave it out to reach WhatsApp itself',
    )
    .optional(),
  MEDIA_MAX_BYTES: wholeNumber(100 * 1024 * 1024, 1),
})

export type Config = z.output<typeof Variables>

/**
 * The broker's configuration.
 *
 * @throws ConfigurationError naming every fault
 */
export const readBrokerConfig = (env: NodeJS.ProcessEnv): Config => readConfig(Variables, env)
