import { createHash } from 'node:crypto'
import { formatAddress } from './address.ts'
import type { QueryHandler } from './answer-query.ts'
import { childOf, childrenOf, node } from './nodes.ts'

const TOKEN_BYTES = 16
const WEEK_SECONDS = 7 * 24 * 60 * 60

/** The token by which `to` may write to `from` as somebody who is trusted. */
export function trustToken(from: string, to: string): Buffer {
  return createHash('sha256').update(`trusted ${from} ${to}`).digest().subarray(0, TOKEN_BYTES)
}

/** A client trusts somebody: the other side's clients are given the token, once for each week that it is good for. */
export const issueTokens: QueryHandler = (world, sender, query) => {
  for (const { attrs } of childrenOf(childOf(query, 'tokens'), 'token')) {
    const trusted = world.persons.at(attrs.jid)
    const week = Math.floor(Number(attrs.t) / WEEK_SECONDS)
    const { phone, trusts } = sender.person
    if (!trusted || trusted === sender.person || trusts.get(trusted.phone) === week) continue
    trusts.set(trusted.phone, week)
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
