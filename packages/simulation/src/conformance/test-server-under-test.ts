import type { Test } from 'tap'
import type { Phone } from '../phone/phone.ts'
import type { followClient } from '../server/test-client.ts'

/** A real Baileys client, and what it heard. */
export type Client = ReturnType<typeof followClient>

/** What every server that plays WhatsApp can be asked. Phones are digits. */
export interface ServerUnderTest {
  /** Links a client to this account; it connects whenever called, as the same device. */
  link(account: string): Promise<() => Client>
  /** A customer writes. */
  write(customer: string, account: string, message: { id: string; text: string; name: string }): Promise<void>
  /** What a customer got under this id, as soon as there is something. */
  got(customer: string, account: string, id: string): Promise<string | null>
}

/** A server that plays more of it: people have phones. */
export interface WholeServerUnderTest extends ServerUnderTest {
  phone(digits: string): Phone
  /** How a client downloads files. */
  download: { options: RequestInit; host: string }
  /** The account's client is sent nothing from here on, until it connects anew. */
  goSilent(account: string): void
}

export type Start<Server extends ServerUnderTest> = (t: Test) => Promise<Server>
