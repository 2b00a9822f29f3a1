import { z } from 'zod'

/** Status codes under which Baileys sees a connection end. */
export const END_CODES = [401, 403, 408, 411, 428, 440, 500, 503, 515] as const

const EndCode = z.literal([...END_CODES])
const ErrorCode = z.number().int().min(400).max(599)
/** How often it happens before it is over. */
const times = z.number().int().min(1).max(1_000_000).default(1)
const ms = z.number().int().min(1).max(600_000)

/** What can go wrong between a client and WhatsApp. */
export const Fault = z.discriminatedUnion('type', [
  /** The connection breaks. */
  z.strictObject({ type: z.literal('cut') }),
  /** The connection stays: what comes is taken, and nothing is answered or sent until the client leaves. */
  z.strictObject({ type: z.literal('half-open') }),
  /** The stream ends as WhatsApp ends it for this reason. */
  z.strictObject({ type: z.literal('stream-error'), code: EndCode }),
  /** The server reads nothing for this time. */
  z.strictObject({ type: z.literal('slow-reader'), ms }),
  /** Every connection breaks, and none is taken for this time. What the server knows stays. */
  z.strictObject({ type: z.literal('restart'), ms }),
  /** Everything that is sent comes this much later, in order, until the fault is ended. */
  z.strictObject({ type: z.literal('delay'), ms }),
  /** The server's clock is this far from the right one, until the fault is ended. */
  z.strictObject({ type: z.literal('clock-skew'), ms: z.number().int().min(-4e10).max(4e10) }),
  /** Half of the next frame comes, and the connection ends. */
  z.strictObject({ type: z.literal('truncated-frame'), times }),
  /** The next frame does not open. */
  z.strictObject({ type: z.literal('bad-mac'), times }),
  /** The next message comes twice. */
  z.strictObject({ type: z.literal('duplicate'), times }),
  /** What waited while the client was away comes out of order. */
  z.strictObject({ type: z.literal('shuffled-offline'), times, seed: z.number().int().default(1) }),
  /** The next message that waited while the client was away does not come, as if it had; it comes with the next connection. */
  z.strictObject({ type: z.literal('lost-offline'), times }),
  /** The next message that is sealed for the client cannot be opened. */
  z.strictObject({ type: z.literal('garbled'), times }),
  /** The next ack of a message comes after the receipt for it; after this time when there is none. */
  z.strictObject({ type: z.literal('late-ack'), times, ms: ms.default(5_000) }),
  /** The next message is taken, and its ack never comes. */
  z.strictObject({ type: z.literal('lost-ack'), times }),
  /** The next message is refused (463, 479, 429, ...). */
  z.strictObject({ type: z.literal('nack'), times, code: ErrorCode }),
  /** The next login is refused. */
  z.strictObject({ type: z.literal('refused-login'), times, code: ErrorCode }),
  /** The next query is answered with an error. */
  z.strictObject({ type: z.literal('refused-query'), times, code: ErrorCode, xmlns: z.string().optional() }),
])

export type Fault = z.output<typeof Fault>
export type FaultInput = z.input<typeof Fault>
export type FaultType = Fault['type']
export type FaultOf<Type extends FaultType> = Extract<Fault, { type: Type }>

/** Whom it strikes: every client, those of one account, or one client. */
export const FaultTarget = z.strictObject({
  /** Digits. */
  phone: z
    .string()
    .regex(/^\d{8,15}$/, 'must be a phone of 8 to 15 digits')
    .optional(),
  /** A companion's number. */
  device: z.number().int().min(0).max(99).optional(),
})
export type FaultTarget = z.output<typeof FaultTarget>
