/** A message as a customer's phone shows it, and how often the wire brought it. */
export interface ReceivedMessage {
  id: string
  /** The account's phone that sent it, digits. */
  from: string
  /** `null` when it is no text. */
  text: string | null
  /** When the wire brought it first, ISO. */
  at: string
  stanzas: number
}

/** What all customers' phones got. */
export interface ReceivedMessages {
  /** The wire brought a stanza, readable or not. */
  stanza(of: MessageAddress): void
  /** The phone read it: from now on it is listed. */
  accepted(of: MessageAddress, text: string | null): void
  /** What a phone got, in the order in which the wire brought it first. */
  list(phone: string, id?: string): ReceivedMessage[]
}

/** A message's identity: a phone takes an id once from each sender. */
export interface MessageAddress {
  phone: string
  from: string
  id: string
}

interface Entry extends ReceivedMessage {
  phone: string
  accepted: boolean
}

/** @param limit messages kept over all phones; past it the oldest is forgotten */
export function createReceivedMessages(limit: number): ReceivedMessages {
  const entries = new Map<string, Entry>()
  const byPhone = new Map<string, Map<string, Entry>>()

  function entryOf({ phone, from, id }: MessageAddress): Entry {
    const key = `${phone} ${from} ${id}`
    const known = entries.get(key)
    if (known) return known
    const entry: Entry = {
      phone,
      id,
      from,
      text: null,
      at: new Date().toISOString(),
      stanzas: 0,
      accepted: false,
    }
    entries.set(key, entry)
    ofPhone(phone).set(key, entry)
    if (entries.size > limit) forgetOldest()
    return entry
  }

  function ofPhone(phone: string): Map<string, Entry> {
    const known = byPhone.get(phone)
    if (known) return known
    const fresh = new Map<string, Entry>()
    byPhone.set(phone, fresh)
    return fresh
  }

  function forgetOldest(): void {
    const [oldest] = entries
    if (!oldest) return
    const [key, { phone }] = oldest
    entries.delete(key)
    const left = byPhone.get(phone)
    left?.delete(key)
    if (left?.size === 0) byPhone.delete(phone)
  }

  return {
    stanza(of) {
      entryOf(of).stanzas += 1
    },
    accepted(of, text) {
      const entry = entryOf(of)
      if (entry.accepted) return
      entry.accepted = true
      entry.text = text
    },
    list: (phone, id) =>
      [...(byPhone.get(phone)?.values() ?? [])]
        .filter((entry) => entry.accepted && (id === undefined || entry.id === id))
        .map(({ id, from, text, at, stanzas }) => ({ id, from, text, at, stanzas })),
  }
}
