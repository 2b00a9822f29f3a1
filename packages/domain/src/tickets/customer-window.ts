import type { CustomerWindow } from '@carteiro/contracts/ticket'

const WINDOW_MS = 24 * 3_600_000

/**
 * For a day after a customer wrote, anything may be answered; after that, numbers of the Cloud API take templates
 * alone. Pure.
 *
 * @param lastInboundAt when the customer last wrote; one that lies ahead, by a clock that is wrong, counts as now
 */
export function customerWindow(lastInboundAt: Date | null, now: Date): CustomerWindow {
  if (lastInboundAt === null) return { isOpen: false, expiresAt: null }
  const since = Math.min(lastInboundAt.getTime(), now.getTime())
  return { isOpen: now.getTime() < since + WINDOW_MS, expiresAt: new Date(since + WINDOW_MS).toISOString() }
}
