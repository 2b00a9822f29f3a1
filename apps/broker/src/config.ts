import { flag, hostList, port, processVariables, readConfig, wholeNumber } from '@carteiro/runtime/config'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'
import { sealKeys } from '@carteiro/runtime/seal-key'
import { z } from 'zod'
import { gatewayVariables, requireGateway } from './features/pulling/settings.ts'
import { certificateAuthority } from './read-certificate.ts'

const MIN_SECRET_LENGTH = 16

const secret = () => z.string().min(MIN_SECRET_LENGTH, `must have at least ${MIN_SECRET_LENGTH} characters`)

/** Every variable the broker reads. */
const Variables = z.object({
  ...processVariables,
  ...gatewayVariables,
  BROKER_PORT: port(3001),
  BROKER_ID: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, - or _')
    .optional(),
  BROKER_ADVERTISED_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  BROKER_PROXY: flag(true),
  WHATSAPP_BROKER_API_KEY: secret(),
  WHATSAPP_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .default('http://127.0.0.1:3000/api/integrations/whatsapp/webhook'),
  WHATSAPP_WEBHOOK_API_KEY: secret().optional(),
  WHATSAPP_WEBHOOK_HMAC_SECRET: secret().optional(),
  SESSION_ENCRYPTION_KEY: sealKeys(),
  RETENTION_DAYS_JOURNAL: wholeNumber(7, 1),
  OFFLINE_GAP_SECONDS: wholeNumber(30, 1),
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
  WHATSAPP_WEB_VERSION: z
    .string()
    .regex(
      /^2\.3000\.\d{1,10}$/,
      'must be a version of WhatsApp Web, as 2.3000.1043857760; leave it out for Baileys\u2019 own',
    )
    .transform((text): [number, number, number] => [2, 3000, Number(text.slice('2.3000.'.length))])
    .optional(),
  WHATSAPP_SILENCE_MS: wholeNumber(90_000, 100),
  WHATSAPP_PROBE_MS: wholeNumber(10_000, 100),
  MEDIA_ALLOWED_HOSTS: hostList(),
  WHATSAPP_MEDIA_URL: z
    .string()
    .refine(
      (url) => isLoopbackUrl(url, ['http:', 'https:']),
      'must be http(s):// on a loopback host; leave it out to reach WhatsApp itself',
    )
    .optional(),
  WHATSAPP_MEDIA_CA: certificateAuthority().optional(),
  MEDIA_MAX_BYTES: wholeNumber(100 * 1024 * 1024, 1),
  SEND_CEILING: wholeNumber(16, 1),
  SEND_QUEUE_LIMIT: wholeNumber(500, 1),
})

export type Config = z.output<typeof Variables>

/** What one variable alone cannot say. */
function keepSimulationTogether(config: Config, context: z.core.$RefinementCtx): void {
  const { WHATSAPP_WEB_SOCKET_URL: socket, WHATSAPP_SIMULATOR_ROOT: root } = config
  const { WHATSAPP_MEDIA_URL: media, WHATSAPP_MEDIA_CA: ca } = config
  const fault = (variable: keyof Config, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message })
  if (socket !== undefined && root === undefined)
    fault('WHATSAPP_SIMULATOR_ROOT', "is needed with WHATSAPP_WEB_SOCKET_URL: the simulator's public key")
  if (root !== undefined && socket === undefined)
    fault(
      'WHATSAPP_WEB_SOCKET_URL',
      'is needed with WHATSAPP_SIMULATOR_ROOT; leave both out to reach WhatsApp',
    )
  // Else files of real customers would be sent to a place that plays WhatsApp.
  if (media !== undefined && socket === undefined)
    fault('WHATSAPP_MEDIA_URL', 'goes with WHATSAPP_WEB_SOCKET_URL: files go where messages go')
  if (ca !== undefined && !media?.startsWith('https:'))
    fault('WHATSAPP_MEDIA_CA', 'goes with a WHATSAPP_MEDIA_URL that is https://')
}

/**
 * The broker's configuration.
 *
 * @throws ConfigurationError naming every fault
 */
export const readBrokerConfig = (env: NodeJS.ProcessEnv): Config =>
  readConfig(
    Variables.superRefine(keepSimulationTogether, { when: () => true }).superRefine(requireGateway, {
      when: () => true,
    }),
    env,
  )
