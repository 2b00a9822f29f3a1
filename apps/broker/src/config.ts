import { hostList, port, processVariables, readConfig, wholeNumber } from '@carteiro/runtime/config'
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
    // Without TLS, and with a root that anybody can make: such a server may only stand on this machine.
    .refine(
      (url) => isLoopbackUrl(url, ['ws:']),
      'must be ws:// on a loopback host; leave it out to reach WhatsApp itself',
    )
    .optional(),
  WHATSAPP_SIMULATOR_ROOT: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a public key, 32 bytes as base64')
    .transform((text) => Buffer.from(text, 'base64'))
    .optional(),
  MEDIA_ALLOWED_HOSTS: hostList(),
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
export const readBrokerConfig = (env: NodeJS.ProcessEnv): Config =>
  // Also beside other faults: all are named together.
  readConfig(Variables.superRefine(requireBothOfSimulator, { when: () => true }), env)

/** WhatsApp itself needs neither, a simulator both. */
function requireBothOfSimulator(config: Partial<Config>, context: z.core.$RefinementCtx): void {
  const { WHATSAPP_WEB_SOCKET_URL: socketUrl, WHATSAPP_SIMULATOR_ROOT: root } = config
  const need = (variable: keyof Config, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message })
  if (socketUrl !== undefined && root === undefined) {
    need('WHATSAPP_SIMULATOR_ROOT', "is needed with WHATSAPP_WEB_SOCKET_URL: the simulator's public key")
  }
  if (socketUrl === undefined && root !== undefined) {
    need(
      'WHATSAPP_WEB_SOCKET_URL',
      'is needed with WHATSAPP_SIMULATOR_ROOT; leave both out to reach WhatsApp',
    )
  }
}
