import type { BinaryNode } from '@whiskeysockets/baileys'
import { formatAddress, parseAddress } from './address.ts'
import type { QueryHandler } from './answer-query.ts'
import { issueTokens } from './issue-tokens.ts'
import { childOf, childrenOf, node, textOf } from './nodes.ts'

/** What everybody may see, as on an account that nobody changed. */
const PRIVACY = {
  readreceipts: 'all',
  profile: 'all',
  status: 'all',
  online: 'all',
  last: 'all',
  groupadd: 'all',
  calladd: 'all',
}
const MAX_ABOUT = 500
const MAX_BLOCKED = 1_000
const MAX_SETTING = 40

/** What a client asks about an account, its own or another one. */
export const accountQueries: Record<string, QueryHandler> = {
  'privacy get privacy': (_world, { person }) => [node('privacy', {}, privacyOf(person.privacy))],
  'privacy set privacy': (_world, { person }, query) => {
    for (const { attrs } of childrenOf(childOf(query, 'privacy'), 'category')) {
      if (!attrs.name || !attrs.value || !Object.hasOwn(PRIVACY, attrs.name)) return 400
      if (attrs.value.length > MAX_SETTING) return 400
      person.privacy.set(attrs.name, attrs.value)
    }
    return [node('privacy', {}, privacyOf(person.privacy))]
  },
  'privacy set tokens': issueTokens,
  'blocklist get': (_world, { person }) => [blockList(person.blocked)],
  'blocklist set item': (_world, { person }, query) => {
    const { action, jid, pn_jid } = childOf(query, 'item')?.attrs ?? {}
    const blocked = parseAddress(jid) ?? parseAddress(pn_jid)
    if (!blocked) return 400
    if (action === 'block' && person.blocked.size >= MAX_BLOCKED) return 429
    if (action === 'block') person.blocked.add(blocked.phone)
    else person.blocked.delete(blocked.phone)
    return [blockList(person.blocked)]
  },
  'status set status': (_world, { person }, query) => {
    person.about = textOf(childOf(query, 'status')).slice(0, MAX_ABOUT)
    return []
  },
  'disappearing_mode set disappearing_mode': () => [],
  // Nobody here has a picture.
  'w:profile:picture get picture': () => 404,
  'w:profile:picture set picture': (world) => [node('picture', { id: world.nextId() })],
  'w:profile:picture set': () => [],
  'w:biz get business_profile': () => [node('business_profile', { v: '244' })],
  'md set remove-companion-device': (world, { person }, query) => {
    const named = parseAddress(childOf(query, 'remove-companion-device')?.attrs.jid)
    if (named?.phone !== person.phone) return 403
    world.removeDevice(person, named.device, 'the client logged out')
    return []
  },
}

function privacyOf(changed: Map<string, string>): BinaryNode[] {
  const settings = { ...PRIVACY, ...Object.fromEntries(changed) }
  return Object.entries(settings).map(([name, value]) => node('category', { name, value }))
}

function blockList(blocked: Set<string>): BinaryNode {
  const items = [...blocked].map((phone) => node('item', { jid: formatAddress(phone, 'lid') }))
  return node('list', { matched: 'false' }, items)
}
