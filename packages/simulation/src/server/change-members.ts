import type { BinaryNode } from '@whiskeysockets/baileys'
import { parseAddress } from './address.ts'
import type { Device } from './device.ts'
import { memberNode, tellMembers } from './group-stanzas.ts'
import type { Group, GroupRole } from './groups.ts'
import { childrenOf, node } from './nodes.ts'
import type { World } from './world.ts'

export type MemberChange = 'add' | 'remove' | 'promote' | 'demote'

/** As many as WhatsApp takes. */
export const MAX_MEMBERS = 1_024

/** Changes members of a group, each alone. Answers with each and, where it failed, why. */
export function changeMembers(
  world: World,
  author: Device,
  { group, change, act }: { group: Group; change: MemberChange; act: BinaryNode },
): BinaryNode {
  const changed: BinaryNode[] = []
  const removed: string[] = []
  const answers = childrenOf(act, 'participant').map(({ attrs }) => {
    const phone = parseAddress(attrs.jid)?.phone
    const error = phone === undefined ? 404 : check(world, group, change, phone)
    if (phone === undefined || error !== undefined) {
      return node('participant', { jid: attrs.jid, error: String(error) })
    }
    if (change === 'remove') removed.push(phone)
    else group.members.set(phone, ROLE_AFTER[change])
    changed.push(memberNode(group, phone))
    return memberNode(group, phone)
  })
  // Who is removed is still told of it.
  if (changed.length > 0) tellMembers(world, group, author, [node(change, {}, changed)])
  for (const phone of removed) group.members.delete(phone)
  return node(change, {}, answers)
}

const ROLE_AFTER: Record<Exclude<MemberChange, 'remove'>, GroupRole> = {
  add: 'member',
  promote: 'admin',
  demote: 'member',
}

function check(world: World, group: Group, change: MemberChange, phone: string): number | undefined {
  if (!world.persons.named(phone)?.onWhatsApp) return 404
  const role = group.members.get(phone)
  if (change === 'add') return role !== undefined ? 409 : group.members.size >= MAX_MEMBERS ? 419 : undefined
  if (role === undefined) return 404
  return role === 'superadmin' ? 406 : undefined
}
