import {
  type BinaryNode,
  encodeWAMessage,
  generateParticipantHashV2,
  jidDecode,
  type proto,
} from '@whiskeysockets/baileys'
import type { KeyBundle, Person, PhonePort } from './phone.ts'
import type { SignalSessions } from './signal-sessions.ts'
import { isGroup, stanzaTypeOf } from './stanza-type.ts'

/** A message that this phone wrote, plain. */
export interface OutgoingMessage {
  id: string
  /** User or group jid. */
  chatJid: string
  /** This person's user jid, named as the chat names people. */
  ownJid: string
  message: proto.IMessage
  /** More of the stanza's attributes. */
  attrs: Record<string, string>
}

/** Seals messages for each device they go to. */
export interface MessageSealer {
  /** For every device of the chat and of the person's own companions. Undefined when nobody is there to read it. */
  seal(outgoing: OutgoingMessage): Promise<BinaryNode | undefined>
  /**
   * For one device that could not open it, in a session that starts anew. Undefined when no keys of that device are
   * there.
   */
  sealAgain(
    outgoing: OutgoingMessage,
    device: string,
    count: string,
    keys?: KeyBundle,
  ): Promise<BinaryNode | undefined>
  /** For one of the person's own companions only, as no chat's message. Throws when it has given no keys. */
  sealForCompanion(id: string, deviceJid: string, message: proto.IMessage): Promise<BinaryNode>
  /** Forgets who has this phone's sender keys. */
  forget(): void
}

/** Groups whose sender key holders are remembered. */
const GROUPS_LIMIT = 1_000

export function createMessageSealer(own: Person, port: PhonePort, sessions: SignalSessions): MessageSealer {
  /** By group: the devices that have this phone's sender key. */
  const holders = new Map<string, Set<string>>()

  const device = (jid: string) => jidDecode(jid)?.device ?? 0
  const isOwn = (jid: string) => port.personOf(jid)?.phone === own.phone
  const nameOf = (jid: string) => `${port.personOf(jid)?.lid}:${device(jid)}`

  async function devicesOf(users: string[]): Promise<string[]> {
    const devices = await port.devicesOf([...new Set(users)])
    return devices.filter((jid) => !(isOwn(jid) && device(jid) === 0))
  }

  const keysOf = (jid: string) => port.bundleOf(jid).catch(() => undefined)

  /** A device that has given no keys, as one that is being linked, gets nothing, and keeps nobody else from it. */
  async function withSessions(devices: string[]): Promise<string[]> {
    const reachable: string[] = []
    for (const jid of devices) {
      if (!(await sessions.exists(jid))) {
        const keys = await keysOf(jid)
        if (!keys) continue
        await sessions.start(jid, keys)
      }
      reachable.push(jid)
    }
    return reachable
  }

  async function encrypt(jid: string, message: proto.IMessage, attrs: Record<string, string>) {
    const { type, ciphertext } = await sessions.encrypt(jid, encodeWAMessage(message))
    return { tag: 'enc', attrs: { v: '2', type, ...attrs }, content: ciphertext }
  }

  async function participants(
    devices: string[],
    messageFor: (jid: string) => proto.IMessage,
    attrs: Record<string, string>,
  ): Promise<BinaryNode> {
    const content: BinaryNode[] = []
    for (const jid of devices) {
      content.push({ tag: 'to', attrs: { jid }, content: [await encrypt(jid, messageFor(jid), attrs)] })
    }
    return { tag: 'participants', attrs: {}, content }
  }

  /** Own companions show what this phone wrote in the chat that it was written to. */
  function deviceSent({ chatJid, message }: OutgoingMessage): proto.IMessage {
    const { messageContextInfo } = message
    return {
      deviceSentMessage: { destinationJid: chatJid, message },
      ...(messageContextInfo && { messageContextInfo }),
    }
  }

  async function sealForPerson(outgoing: OutgoingMessage): Promise<BinaryNode | undefined> {
    const { chatJid, ownJid, message } = outgoing
    const { enc, meta } = stanzaTypeOf(message)
    const devices = await devicesOf([chatJid, ownJid])
    if (!isOwn(chatJid) && devices.every(isOwn)) return undefined
    const copy = deviceSent(outgoing)
    const reachable = await withSessions(devices)
    const sealed = await participants(reachable, (jid) => (isOwn(jid) ? copy : message), enc)
    return stanza(outgoing, [sealed, ...meta])
  }

  /** Devices that have no sender key of this phone yet. Whoever left takes the old key with them: it is changed. */
  function withoutSenderKey(group: string, devices: string[]): string[] {
    const present = new Set(devices.map(nameOf))
    const left = [...(holders.get(group) ?? [])].some((name) => !present.has(name))
    if (left) {
      sessions.dropSenderKey(group)
      holders.delete(group)
    }
    return devices.filter((jid) => !holders.get(group)?.has(nameOf(jid)))
  }

  function remember(group: string, devices: string[]): void {
    const known = holders.get(group) ?? new Set<string>()
    for (const jid of devices) known.add(nameOf(jid))
    holders.delete(group)
    holders.set(group, known)
    const [oldest] = holders.keys()
    if (holders.size > GROUPS_LIMIT && oldest !== undefined) holders.delete(oldest)
  }

  async function sealForGroup(outgoing: OutgoingMessage): Promise<BinaryNode> {
    const { chatJid, message } = outgoing
    const { enc, meta } = stanzaTypeOf(message)
    const devices = await devicesOf(await port.membersOf(chatJid))
    const strangers = await withSessions(withoutSenderKey(chatJid, devices))
    const { ciphertext, distribution } = await sessions.encryptGroup(chatJid, encodeWAMessage(message))
    const told = await participants(strangers, () => senderKeyMessage(chatJid, distribution), enc)
    remember(chatJid, strangers)
    const sealed = { tag: 'enc', attrs: { v: '2', type: 'skmsg', ...enc }, content: ciphertext }
    const phash = generateParticipantHashV2([...devices])
    return stanza(outgoing, [sealed, ...(strangers.length > 0 ? [told] : []), ...meta], { phash })
  }

  return {
    seal: (outgoing) => (isGroup(outgoing.chatJid) ? sealForGroup(outgoing) : sealForPerson(outgoing)),
    async sealAgain(outgoing, jid, count, keys) {
      const { chatJid, message } = outgoing
      const bundle = keys ?? (await keysOf(jid))
      if (!bundle) return undefined
      await sessions.start(jid, bundle)
      const enc = { ...stanzaTypeOf(message).enc, count }
      if (isGroup(chatJid)) {
        const again = { ...message, ...senderKeyMessage(chatJid, await sessions.distribution(chatJid)) }
        remember(chatJid, [jid])
        return stanza(outgoing, [await encrypt(jid, again, enc)], { participant: jid })
      }
      const again = isOwn(jid) ? deviceSent(outgoing) : message
      const to = { to: jid, device_fanout: 'false', ...(isOwn(jid) ? { recipient: chatJid } : {}) }
      return stanza(outgoing, [await encrypt(jid, again, enc)], to)
    },
    async sealForCompanion(id, jid, message) {
      const outgoing = { id, chatJid: jid, ownJid: jid, message, attrs: { category: 'peer' } }
      if ((await withSessions([jid])).length === 0) throw new Error(`${jid} has given no keys`)
      return stanza(outgoing, [await encrypt(jid, message, {})])
    },
    forget: () => holders.clear(),
  }
}

function senderKeyMessage(group: string, distribution: Uint8Array): proto.IMessage {
  return {
    senderKeyDistributionMessage: { groupId: group, axolotlSenderKeyDistributionMessage: distribution },
  }
}

function stanza(
  { id, chatJid, message, attrs }: OutgoingMessage,
  content: BinaryNode[],
  more: Record<string, string> = {},
): BinaryNode {
  const { type } = stanzaTypeOf(message)
  return { tag: 'message', attrs: { id, to: chatJid, type, ...attrs, ...more }, content }
}
