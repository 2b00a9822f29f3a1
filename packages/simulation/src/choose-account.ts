import { Problem } from '@carteiro/contracts/problem'
import type { Network } from './network.ts'
import type { WhatsAppAccount } from './whatsapp-account.ts'

/**
 * The account a customer writes to: the one named, else the only one connected, else the only one there is.
 *
 * @param to an account's phone, digits
 * @throws Problem when it was never linked, or none is named and several could be meant
 */
export function chooseAccount(network: Network, to: string | undefined): WhatsAppAccount {
  if (to !== undefined) return named(network, to)
  const linked = network.accounts()
  if (linked.length === 0) {
    throw new Problem(
      'INSTANCE_DISCONNECTED',
      'No account was ever linked to this WhatsApp: connect an instance first.',
    )
  }
  const connected = linked.filter((account) => account.connections() > 0)
  const candidates = connected.length > 0 ? connected : linked
  const [only] = candidates
  if (only && candidates.length === 1) return only
  const phones = candidates.map(({ phone }) => phone)
  throw new Problem('INSTANCE_REQUIRED', `Say in "to" which account is meant: ${phones.join(', ')}.`, {
    details: { accounts: phones },
  })
}

function named(network: Network, to: string): WhatsAppAccount {
  const account = network.find(to)
  if (account) return account
  throw new Problem('NOT_FOUND', `No account ${to} was ever linked to this WhatsApp.`)
}
