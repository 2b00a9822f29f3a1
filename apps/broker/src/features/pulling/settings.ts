import { wholeNumber } from '@carteiro/runtime/config'
import { z } from 'zod'

/** What a broker reads that takes its messages from the gateway. */
export const gatewayVariables = {
  BROKER_MODE: z.enum(['push', 'pull'], { error: 'must be push or pull' }).default('push'),
  GATEWAY_API_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  GATEWAY_API_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  HEARTBEAT_TIMEOUT_MS: wholeNumber(45_000, 100),
  HEARTBEAT_CHECK_INTERVAL_MS: wholeNumber(10_000, 10),
  MAX_RETRY_ATTEMPTS: wholeNumber(3, 1),
  INITIAL_RETRY_DELAY_MS: wholeNumber(1_000, 1),
  MAX_RETRY_DELAY_MS: wholeNumber(30_000, 1),
  DISPATCH_CONCURRENCY: wholeNumber(4, 1),
}

const Variables = z.object(gatewayVariables)
export type GatewayVariables = z.output<typeof Variables>

/** What of these goes together. */
export function requireGateway(config: GatewayVariables, context: z.core.$RefinementCtx): void {
  if (config.BROKER_MODE === 'push') return
  for (const variable of ['GATEWAY_API_BASE_URL', 'GATEWAY_API_KEY'] as const) {
    if (config[variable] !== undefined) continue
    context.addIssue({ code: 'custom', path: [variable], message: 'is needed with BROKER_MODE=pull' })
  }
}
