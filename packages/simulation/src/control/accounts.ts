import { Problem } from '@carteiro/contracts/problem'
import { formatAddress } from '../server/address.ts'
import { MAILBOX_LIMIT } from '../server/companion.ts'
import type { Device, Person } from '../server/device.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'

type Whatsapp = Pick<WhatsAppServer, 'persons'>

/** A client that is linked to an account, or plays its phone. */
export interface CompanionFacts {
  device: number
  jid: string
  connected: boolean
  /** How often it came in since the simulator started. */
  logins: number
  /** Stanzas that the client has not confirmed. */
  waiting: number
}

/** Everybody who has a client. */
export function listAccounts({ persons }: Whatsapp): Person[] {
  return persons.all().filter((person) => clientsOf(person).length > 0)
}

export function describeClients(person: Person): CompanionFacts[] {
  return clientsOf(person).map(({ number, companion, mailbox }) => ({
    device: number,
    jid: formatAddress(person.phone, 'pn', number),
    connected: companion?.session !== undefined,
    logins: companion?.logins ?? 0,
    waiting: mailbox.size,
  }))
}

/**
 * The account that a customer means: the one named, else the only one connected, else the only one there is.
 *
 * @throws Problem INSTANCE_DISCONNECTED, INSTANCE_REQUIRED, NOT_FOUND
 */
export function chooseAccount(whatsapp: Whatsapp, phone: string | undefined): Person {
  const accounts = listAccounts(whatsapp)
  if (phone !== undefined) {
    const named = accounts.find((account) => account.phone === phone)
    if (named) return named
    throw new Problem('NOT_FOUND', `${phone} has linked no client. GET /accounts lists who has.`)
  }
  const connected = accounts.filter(isConnected)
  const [only, ...others] = connected.length > 0 ? connected : accounts
  if (!only) {
    throw new Problem(
      'INSTANCE_DISCONNECTED',
      'No phone has linked a client: connect an instance of the broker and scan its QR code.',
    )
  }
  if (others.length === 0) return only
  throw new Problem('INSTANCE_REQUIRED', 'There are several accounts: name one in "to".', {
    details: { accounts: [only, ...others].map((account) => account.phone).sort() },
  })
}

/**
 * What becomes at once of a message to this account.
 *
 * @throws Problem QUEUE_FULL when none of its clients has room for it
 */
export function foretellDelivery(person: Person): 'delivered' | 'queued' {
  if (clientsOf(person).every(({ mailbox }) => mailbox.size >= MAILBOX_LIMIT)) {
    throw new Problem('QUEUE_FULL', 'Too many messages wait for this account.')
  }
  return isConnected(person) ? 'delivered' : 'queued'
}

const isConnected = (person: Person): boolean =>
  clientsOf(person).some(({ companion }) => companion?.session !== undefined)

function clientsOf(person: Person): Device[] {
  return [...person.devices.values()].filter(({ companion }) => companion !== undefined)
}
