import type { Device, Person } from './server/device.ts'
import type { WhatsAppServer } from './server/whatsapp-server.ts'

/** A phone that linked clients, and how many of them are connected. */
export interface Account {
  /** Digits. */
  phone: string
  connections: number
}

/** Everybody who has linked a client, the connected and the others. */
export function listAccounts({ persons }: Pick<WhatsAppServer, 'persons'>): Account[] {
  return persons.all().flatMap((person) => {
    const companions = companionsOf(person)
    return companions.length > 0 ? [{ phone: person.phone, connections: countConnected(companions) }] : []
  })
}

export const companionsOf = ({ devices }: Person): Device[] =>
  [...devices.values()].filter(({ number, companion }) => number > 0 && companion)

export const countConnected = (companions: Device[]): number =>
  companions.filter(({ companion }) => companion?.session).length
