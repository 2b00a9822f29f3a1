import type { Addressing } from './address.ts'
import { formatAddress } from './address.ts'

export type GroupRole = 'member' | 'admin' | 'superadmin'

/** A group, its members named by phone (digits). */
export interface Group {
  /** `id@g.us` */
  readonly jid: string
  subject: string
  readonly creator: string
  /** Epoch seconds. */
  readonly createdAt: number
  /** How stanzas of this group name its members. */
  readonly addressing: Addressing
  readonly members: Map<string, GroupRole>
  description: { id: string; text: string } | undefined
  /** Only admins write. */
  announce: boolean
  /** Only admins change it. */
  locked: boolean
  /** Seconds after which messages disappear; 0 for never. */
  ephemeral: number
  memberJids(): string[]
}

export interface NewGroup {
  subject: string
  /** Phone, digits. */
  creator: string
  /** Phones, digits. */
  members: string[]
  createdAt: Date
  addressing?: Addressing
}

export interface Groups {
  /** @returns undefined when there are too many */
  create(group: NewGroup): Group | undefined
  find(jid: string | undefined): Group | undefined
  /** Those that have this phone among their members. */
  of(phone: string): Group[]
  all(): Group[]
}

const FIRST_NUMBER = 120_363_000_000_000_000n

export function createGroups(limit: number): Groups {
  const groups = new Map<string, Group>()

  return {
    create({ subject, creator, members, createdAt, addressing = 'lid' }) {
      if (groups.size >= limit) return undefined
      const roles = new Map<string, GroupRole>(members.map((phone) => [phone, 'member']))
      roles.set(creator, 'superadmin')
      const group: Group = {
        jid: `${FIRST_NUMBER + BigInt(groups.size)}@g.us`,
        subject,
        creator,
        createdAt: Math.floor(createdAt.getTime() / 1000),
        addressing,
        members: roles,
        description: undefined,
        announce: false,
        locked: false,
        ephemeral: 0,
        memberJids: () => [...roles.keys()].map((phone) => formatAddress(phone, addressing)),
      }
      groups.set(group.jid, group)
      return group
    },
    find: (jid) => groups.get(jid ?? ''),
    of: (phone) => [...groups.values()].filter(({ members }) => members.has(phone)),
    all: () => [...groups.values()],
  }
}
