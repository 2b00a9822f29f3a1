import { boomStatus } from './boom-status.ts'

/** The code with which WhatsApp refused a query: Baileys keeps it as the error's data, else as its status. */
export function refusalCode(error: unknown): number | undefined {
  const data = error instanceof Error && 'data' in error ? error.data : undefined
  return typeof data === 'number' && Number.isFinite(data) ? data : boomStatus(error)
}
