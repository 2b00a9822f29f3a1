import type { ApiClient } from '../../stack/api-client.ts'
import type { LinkedAccount } from './link-accounts.ts'

/** An account's linked client, as the simulated WhatsApp knows it. */
export interface Client {
  /** How often the account was linked, ever. */
  links: number
  /** How often the client came in. */
  logins: number
  connected: boolean
  /** Stanzas that it has not confirmed. */
  waiting: number
}

/** @throws Error when the account has no client, or several */
export async function readClient(simulator: ApiClient, { phone }: LinkedAccount): Promise<Client> {
  const { body } = await simulator.get('/accounts')
  const account = body.items.find((item: { phone: string }) => item.phone === phone)
  const [client, another] = account?.companions ?? []
  if (!client || another) throw new Error(`${phone} has not one client, but ${JSON.stringify(account)}`)
  return { ...client, links: account.links }
}
