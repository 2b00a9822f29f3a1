import type { BrokerGroup } from '@carteiro/contracts/broker-groups'
import type { GroupMetadata } from '@whiskeysockets/baileys'

type Members = Pick<GroupMetadata['participants'][number], 'id' | 'phoneNumber' | 'lid' | 'admin'>[]

/** Members whose facts are kept for one instance; of a group that is dropped they are asked for again. */
const MAX_MEMBERS = 50_000
const MAX_GROUPS = 5_000

/** What is known of one instance's groups: all of them in short, and of the last used ones whom they are made of. */
export class GroupShelf {
  readonly #isMe: (jid: string) => boolean
  readonly #groups = new Map<string, BrokerGroup>()
  readonly #metadata = new Map<string, GroupMetadata>()
  #members = 0

  /** @param isMe whether a jid, by phone or LID, is the instance's own */
  constructor(isMe: (jid: string) => boolean) {
    this.#isMe = isMe
  }

  list(): BrokerGroup[] {
    return [...this.#groups.values()]
  }

  metadata(jid: string): GroupMetadata | undefined {
    const found = this.#metadata.get(jid)
    // What was used last goes last: the first ones are dropped first.
    if (found) this.#metadata.delete(jid)
    if (found) this.#metadata.set(jid, found)
    return found
  }

  /** Everything anew: groups that are not named are groups no more. */
  replace(all: GroupMetadata[]): void {
    this.#groups.clear()
    this.#metadata.clear()
    this.#members = 0
    for (const metadata of all.slice(0, MAX_GROUPS)) this.put(metadata)
  }

  put(metadata: GroupMetadata): void {
    const { id, subject, size, participants } = metadata
    this.drop(id)
    if (!this.#groups.has(id) && this.#groups.size >= MAX_GROUPS) return
    this.#groups.set(id, {
      id,
      subject: subject ?? '',
      size: size ?? participants.length,
      isAdmin: this.#own(participants).some(({ admin }) => admin != null),
    })
    this.#metadata.set(id, metadata)
    this.#members += participants.length
    for (const oldest of this.#metadata.keys()) {
      if (this.#members <= MAX_MEMBERS) return
      this.drop(oldest)
    }
  }

  /** What is new of a group, as WhatsApp tells it: a part of its facts, or all. */
  update(change: Partial<GroupMetadata>): void {
    const { id, participants } = change
    if (id === undefined) return
    if (participants !== undefined && change.subject !== undefined) {
      this.put({ owner: undefined, ...change, id, participants, subject: change.subject })
      return
    }
    const group = this.#groups.get(id)
    if (group && change.subject !== undefined) this.#groups.set(id, { ...group, subject: change.subject })
    const metadata = this.#metadata.get(id)
    if (metadata) this.#metadata.set(id, { ...metadata, ...change })
  }

  /** Who is in the group has changed: whom it is made of is asked for before the next message. */
  changeMembers(id: string, action: string, members: Members): void {
    this.drop(id)
    const group = this.#groups.get(id)
    if (!group) return
    const concernsMe = this.#own(members).length > 0
    if (action === 'remove' && concernsMe) this.#groups.delete(id)
    else if (action === 'add') group.size += members.length
    else if (action === 'remove') group.size -= members.length
    else if (concernsMe) group.isAdmin = action === 'promote'
  }

  /** Forgets whom a group is made of. */
  drop(id: string): void {
    const metadata = this.#metadata.get(id)
    if (!metadata) return
    this.#metadata.delete(id)
    this.#members -= metadata.participants.length
  }

  #own(members: Members): Members {
    return members.filter(({ id, phoneNumber, lid }) =>
      [id, phoneNumber, lid].some((jid) => jid !== undefined && this.#isMe(jid)),
    )
  }
}
