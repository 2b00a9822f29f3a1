import { z } from 'zod'

/** How a broker treats one instance; what is left out is the broker's own default. */
export const BrokerSettings = z.strictObject({
  /** Where this instance's events go, instead of the broker's webhook. */
  webhookUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .max(2_048)
    .optional(),
  /** Shows `typing...` on the recipient's phone for a moment before a text leaves. */
  typing: z.boolean().optional(),
  /** Messages that are prepared and handed to WhatsApp at a time. */
  ceiling: z.number().int().min(1).max(100).optional(),
  /** Without them `/read` marks messages as read on our own phone alone, and the customer is not told. */
  readReceipts: z.boolean().optional(),
})
export type BrokerSettings = z.infer<typeof BrokerSettings>

/** A change of them: what is left out stays, `null` is the broker's default again. */
export const BrokerSettingsChange = z.strictObject({
  webhookUrl: BrokerSettings.shape.webhookUrl.nullable(),
  typing: BrokerSettings.shape.typing.nullable(),
  ceiling: BrokerSettings.shape.ceiling.nullable(),
  readReceipts: BrokerSettings.shape.readReceipts.nullable(),
})
export type BrokerSettingsChange = z.infer<typeof BrokerSettingsChange>
