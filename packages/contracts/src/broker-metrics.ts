import { z } from 'zod'

const Counts = z.record(z.string(), z.number().int())

/** Milliseconds; `null` where nothing was measured yet. */
const Latency = z.object({
  count: z.number().int(),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  max: z.number().nullable(),
})

/** `GET /instances/:id/metrics` of the broker: what its process counted since it holds the instance. */
export const InstanceMetrics = z.object({
  instanceId: z.string(),
  since: z.iso.datetime(),
  /** By type, then by how they ended. */
  sent: z.record(z.string(), Counts),
  /** By type. */
  received: Counts,
  /** From the request to WhatsApp's acknowledgement, of the last sends. */
  ackLatencyMs: Latency,
  queue: z.object({ running: z.number().int(), waiting: z.number().int() }),
  /** By reason. */
  reconnects: Counts,
  decryptFailures: z.number().int(),
})
export type InstanceMetrics = z.infer<typeof InstanceMetrics>

/** The same in a few numbers, as lists of instances show it. */
export const InstanceCounters = z.object({
  sent: z.number().int(),
  failed: z.number().int(),
  received: z.number().int(),
  reconnects: z.number().int(),
  decryptFailures: z.number().int(),
})
export type InstanceCounters = z.infer<typeof InstanceCounters>

const STATUS_TEXTS = ['ERROR', 'PENDING', 'SERVER_ACK', 'DELIVERY_ACK', 'READ', 'PLAYED'] as const

/** `GET /instances/:id/status?id=` of the broker: what became of a message of ours, in WhatsApp's numbers. */
export const BrokerMessageStatus = z.object({
  id: z.string(),
  status: z.number().int().min(0).max(5),
  statusText: z.enum(STATUS_TEXTS),
})
export type BrokerMessageStatus = z.infer<typeof BrokerMessageStatus>

/** @returns `undefined` for a number that is no status */
export const statusText = (status: number) => STATUS_TEXTS[status]
