import type { CrablineServer } from './crabline.ts'
import type { ReceivedMessages } from './received-messages.ts'
import { openWhatsAppAccount, type WhatsAppAccount } from './whatsapp-account.ts'

/** The state of the line between the broker and this WhatsApp. */
export type LinkState = 'up' | 'cut'

/** Every account that ever connected, and the line to them. */
export interface Network {
  /** The account of this phone, made at its first connection; `undefined` when there are too many. */
  link(phone: string): WhatsAppAccount | undefined
  find(phone: string): WhatsAppAccount | undefined
  accounts(): WhatsAppAccount[]
  state(): LinkState
  /** Breaks every connection; `state` stays `cut`, and new ones are to be refused, until `restore`. */
  cut(): void
  restore(): void
  close(): Promise<void>
}

const ACCOUNTS_LIMIT = 200

export function createNetwork(
  openServer: (phone: string) => CrablineServer,
  received: ReceivedMessages,
): Network {
  const accounts = new Map<string, WhatsAppAccount>()
  let state: LinkState = 'up'

  return {
    link(phone) {
      const known = accounts.get(phone)
      if (known) return known
      if (accounts.size >= ACCOUNTS_LIMIT) return undefined
      const account = openWhatsAppAccount(phone, openServer(phone), received)
      accounts.set(phone, account)
      return account
    },
    find: (phone) => accounts.get(phone),
    accounts: () => [...accounts.values()],
    state: () => state,
    cut() {
      state = 'cut'
      for (const account of accounts.values()) account.cut()
    },
    restore() {
      state = 'up'
    },
    async close() {
      await Promise.all([...accounts.values()].map((account) => account.close()))
    },
  }
}
