import { Problem } from '@carteiro/contracts/problem'
import { companionsOf, listAccounts } from './accounts.ts'
import type { WhatsAppServer } from './server/whatsapp-server.ts'

/**
 * The account a customer writes to: the one named, else the only one connected, else the only one there is.
 *
 * @param to an account's phone, digits
 * @returns its phone, digits
 * @throws Problem when it has linked no client, or none is named and several could be meant
 */
export function chooseAccount(server: Pick<WhatsAppServer, 'persons'>, to: string | undefined): string {
  if (to !== undefined) return named(server, to)
  const linked = listAccounts(server)
  if (linked.length === 0) {
    throw new Problem(
      'INSTANCE_DISCONNECTED',
      'No phone has linked a device to this WhatsApp: connect an instance and scan its QR code first.',
    )
  }
  const connected = linked.filter(({ connections }) => connections > 0)
  const candidates = connected.length > 0 ? connected : linked
  const [only] = candidates
  if (only && candidates.length === 1) return only.phone
  const phones = candidates.map(({ phone }) => phone)
  throw new Problem('INSTANCE_REQUIRED', `Say in "to" which account is meant: ${phones.join(', ')}.`, {
    details: { accounts: phones },
  })
}

function named({ persons }: Pick<WhatsAppServer, 'persons'>, to: string): string {
  const person = persons.find(to)
  if (person && companionsOf(person).length > 0) return to
  throw new Problem('NOT_FOUND', `The phone ${to} has linked no device to this WhatsApp.`)
}
