import { createHash } from 'node:crypto'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'

// The simulator answers every login and cannot pair yet. This file goes when it can: then an instance is
// linked there as anywhere, by QR or code.

/** The phone of a simulated instance: the same for the same instance id, digits only. */
export function simulatedPhone(instanceId: string): string {
  const number = createHash('sha256').update(instanceId).digest().readUInt32BE(0) % 100_000_000
  return `55119${String(number).padStart(8, '0')}`
}

/** Makes credentials look linked to the simulated phone, unless they are linked already. */
export function linkToSimulator(credentials: AuthenticationCreds, instanceId: string, name: string): void {
  if (credentials.me) return
  credentials.me = { id: `${simulatedPhone(instanceId)}@s.whatsapp.net`, name }
  credentials.registered = true
}

/** Where the simulator expects this instance's socket. */
export function simulatedSocketUrl(baseUrl: string, instanceId: string): string {
  const url = new URL(baseUrl)
  url.searchParams.set('account', simulatedPhone(instanceId))
  return url.href
}
