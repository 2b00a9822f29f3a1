import { createHash } from 'node:crypto'
import { formatAddress } from './address.ts'
import type { QueryHandler } from './answer-query.ts'
import { childOf, childrenOf, node } from './nodes.ts'

const TOKEN_BYTES = 16

/** The token by which `to` may write to `from` as somebody who is trusted. */
export function trustToken(from: string, to: string): Buffer {
  return createHash('sha256').update(`trusted ${from} ${to}`).digest().subarray(0, TOKEN_BYTES)
}

/** A client trusts somebody: the other side's clients are given the token. */
export const issueTokens: QueryHandler = (world, sender, query) => {
  for (const { attrs } of childrenOf(childOf(query, 'tokens'), 'token')) {
    const trusted = world.persons.at(attrs.jid)
    if (!trusted || trusted === sender.person) continue
    const { phone } = sender.person
    const token = node(
      'token',
      { jid: formatAddress(trusted.phone, 'lid'), t: attrs.t, type: 'trusted_contact' },
      trustToken(phone, trusted.phone),
    )
    for (const device of world.persons.devicesOf(trusted)) {
      if (!device.companion) continue
      const names = { from: formatAddress(phone, 'pn'), sender_lid: formatAddress(phone, 'lid') }
      const notification = { id: world.nextId(), type: 'privacy_token', t: attrs.t, ...names }
      world.deliver(device, node('notification', notification, [node('tokens', {}, [token])]))
    }
  }
  return []
}
