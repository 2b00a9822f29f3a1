import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress, parseAddress } from './address.ts'
import type { QueryHandler } from './answer-query.ts'
import { changeMembers, MAX_MEMBERS, type MemberChange } from './change-members.ts'
import type { Device } from './device.ts'
import { groupNode, memberNode, tellMembers } from './group-stanzas.ts'
import type { Group } from './groups.ts'
import { allChildren, childOf, childrenOf, node, textOf } from './nodes.ts'
import { seconds, type World } from './world.ts'

const MAX_SUBJECT = 100
const MAX_DESCRIPTION = 2_048

type GroupHandler = (world: World, sender: Device, group: Group, act: BinaryNode) => BinaryNode[] | number

/** What a client asks of one group that it is a member of. */
function inGroup(handler: GroupHandler): QueryHandler {
  return (world, sender, query) => {
    const group = world.groups.find(query.attrs.to)
    const [act] = allChildren(query)
    if (!group || !act) return 404
    return group.members.has(sender.person.phone) ? handler(world, sender, group, act) : 403
  }
}

/** What only admins may change. */
function byAdmin(handler: GroupHandler): QueryHandler {
  return inGroup((world, sender, group, act) =>
    group.members.get(sender.person.phone) === 'member' ? 403 : handler(world, sender, group, act),
  )
}

const membersBy = (change: MemberChange): QueryHandler =>
  byAdmin((world, sender, group, act) => [changeMembers(world, sender, { group, change, act })])

function setting(apply: (group: Group, act: BinaryNode) => void): QueryHandler {
  return byAdmin((world, sender, group, act) => {
    apply(group, act)
    tellMembers(world, group, sender, [act])
    return []
  })
}

/** Groups: made, described, changed and left. */
export const groupQueries: Record<string, QueryHandler> = {
  'w:g2 set create': (world, sender, query) => {
    const create = childOf(query, 'create')
    const subject = create?.attrs.subject ?? ''
    const members = childrenOf(create, 'participant').map(({ attrs }) => parseAddress(attrs.jid)?.phone)
    const known = members.filter((phone) => phone !== undefined)
    if (subject === '' || subject.length > MAX_SUBJECT || known.length !== members.length) return 400
    if (known.length >= MAX_MEMBERS) return 419
    const creator = sender.person.phone
    const group = world.groups.create({ subject, creator, members: known, createdAt: world.now() })
    if (!group) return 429
    tellMembers(world, group, sender, [node('create', { type: 'new' }, [groupNode(group)])])
    return [groupNode(group)]
  },
  'w:g2 get query': inGroup((_world, _sender, group) => [groupNode(group)]),
  'w:g2 get participating': (world, { person }) => [
    node('groups', {}, world.groups.of(person.phone).map(groupNode)),
  ],
  'w:g2 set leave': (world, sender, query) => {
    const left = childrenOf(childOf(query, 'leave'), 'group').map(({ attrs }) => attrs.id)
    for (const jid of left) {
      const group = world.groups.find(jid)
      if (!group?.members.has(sender.person.phone)) return 404
      const members = [memberNode(group, sender.person.phone)]
      tellMembers(world, group, sender, [node('remove', {}, members)])
      group.members.delete(sender.person.phone)
    }
    return [
      node(
        'leave',
        {},
        left.map((id) => node('group', { id })),
      ),
    ]
  },
  'w:g2 set add': membersBy('add'),
  'w:g2 set remove': membersBy('remove'),
  'w:g2 set promote': membersBy('promote'),
  'w:g2 set demote': membersBy('demote'),
  'w:g2 set subject': byAdmin((world, sender, group, act) => {
    group.subject = textOf(act).slice(0, MAX_SUBJECT)
    const author = formatAddress(sender.person.phone, group.addressing)
    tellMembers(world, group, sender, [
      node('subject', { subject: group.subject, s_o: author, s_t: seconds(world) }),
    ])
    return []
  }),
  'w:g2 set description': byAdmin((world, sender, group, act) => {
    const text = textOf(childOf(act, 'body')).slice(0, MAX_DESCRIPTION)
    group.description = text === '' ? undefined : { id: act.attrs.id ?? world.nextId(), text }
    tellMembers(world, group, sender, [act])
    return []
  }),
  'w:g2 set ephemeral': setting((group, act) => {
    group.ephemeral = Number(act.attrs.expiration ?? 0)
  }),
  'w:g2 set not_ephemeral': setting((group) => {
    group.ephemeral = 0
  }),
  'w:g2 set announcement': setting((group) => {
    group.announce = true
  }),
  'w:g2 set not_announcement': setting((group) => {
    group.announce = false
  }),
  'w:g2 set locked': setting((group) => {
    group.locked = true
  }),
  'w:g2 set unlocked': setting((group) => {
    group.locked = false
  }),
}
