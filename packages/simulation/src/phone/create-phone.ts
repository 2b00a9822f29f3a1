import { type BinaryNode, jidEncode, type proto } from '@whiskeysockets/baileys'
import { createLine } from './line.ts'
import { createMessageLog } from './message-log.ts'
import type { Person, Phone, PhonePort, PhoneSettings } from './phone.ts'
import { createPhoneKeys } from './phone-keys.ts'
import type { PhoneParts } from './phone-parts.ts'
import { markChat } from './read-chat.ts'
import { receiveStanza } from './receive-stanza.ts'
import { createMessageSealer } from './seal-message.ts'
import { download, listShown } from './show-messages.ts'
import { createSignalSessions } from './signal-sessions.ts'
import { historyMessages } from './tell-history.ts'
import { createTimers } from './timers.ts'
import { createWaitingActs } from './waiting-acts.ts'
import { newMessageId, writeMessage } from './write-message.ts'

export interface PhoneOptions {
  person: Person
  pushName: string
  port: PhonePort
  settings?: Partial<PhoneSettings>
}

/** A person who confirms what comes and reads it when told to. */
export const DEFAULT_SETTINGS: PhoneSettings = { deliveredAfterMs: 0, readAfterMs: null, addressing: 'pn' }

/** Messages that a phone remembers. */
const MESSAGES_LIMIT = 5_000
/** Acts that wait for their message. */
const ACTS_LIMIT = 1_000
/** Stanzas that wait for an offline phone to come back. */
const HELD_LIMIT = 10_000

/** A phone that is switched on. Its keys are made when they are first needed. */
export function createPhone({ person: own, pushName, port, settings }: PhoneOptions): Phone {
  const line = createLine()
  const keys = createPhoneKeys(own.phone)
  const sessions = createSignalSessions(keys, own, port.personOf)
  const held: BinaryNode[] = []
  const listeners = new Set<() => void>()
  const log = createMessageLog(MESSAGES_LIMIT)
  let online = true
  const parts: PhoneParts = {
    own,
    pushName,
    port,
    keys,
    sessions,
    sealer: createMessageSealer(own, port, sessions),
    log,
    acts: createWaitingActs(log, ACTS_LIMIT),
    written: new Map(),
    settings: { ...DEFAULT_SETTINGS, ...settings },
    timers: createTimers(),
    blocked: new Set(),
    typing: new Set(),
    unreadable: { count: 0 },
    send(node) {
      if (online) return port.send(node)
      held.push(node)
      if (held.length > HELD_LIMIT) held.shift()
    },
  }

  function changed(): void {
    for (const listener of listeners) listener()
  }

  function setOnline(next: boolean): void {
    if (next === online) return
    const presence = { tag: 'presence', attrs: { type: next ? 'available' : 'unavailable', name: pushName } }
    if (!next) parts.send(presence)
    online = next
    if (!next) return
    parts.send(presence)
    for (const node of held.splice(0)) parts.send(node)
  }

  return {
    ...own,
    get identity() {
      return keys.credentials().signedIdentityKey
    },
    get online() {
      return online
    },
    settings: parts.settings,
    configure: (changed) => void Object.assign(parts.settings, changed),
    setOnline,
    bundle: keys.takeBundle,
    receive: (node) => line(async () => void (online && (await receiveStanza(parts, node)))).finally(changed),
    write: (to, content, options = {}) =>
      line(() => writeMessage(parts, to, content, options)).finally(changed),
    tellCompanion: (device, message) => line(() => tellCompanion(parts, device, message)),
    tellHistory: (device) =>
      line(async () => {
        for (const message of await historyMessages(parts)) await tellCompanion(parts, device, message)
      }),
    read(chat, ids) {
      markChat(parts, 'read', chat, ids)
      changed()
    },
    play(chat, ids) {
      markChat(parts, 'played', chat, ids)
      changed()
    },
    setTyping(chat, typing) {
      const to = chat.includes('@') ? chat : `${chat}@s.whatsapp.net`
      parts.send({
        tag: 'chatstate',
        attrs: { to },
        content: [{ tag: typing ? 'composing' : 'paused', attrs: {} }],
      })
    },
    typing: parts.typing,
    blocked: parts.blocked,
    block: (phone) => setBlocked(parts, phone, true),
    unblock: (phone) => setBlocked(parts, phone, false),
    failToOpen(count) {
      parts.unreadable.count = count
    },
    forgetSessions: () =>
      line(async () => {
        sessions.forget()
        parts.sealer.forget()
      }),
    shown: (filter) => listShown(parts.log, filter),
    download: (chat, id) => download(parts, chat, id),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => parts.timers.close(),
  }
}

async function tellCompanion(
  { own, sealer, send }: PhoneParts,
  device: number,
  message: proto.IMessage,
): Promise<{ id: string }> {
  const id = newMessageId()
  send(await sealer.sealForCompanion(id, jidEncode(own.phone, 's.whatsapp.net', device), message))
  return { id }
}

/** The server keeps away what a blocked person writes, from the companions, too. */
function setBlocked({ blocked, send }: PhoneParts, phone: string, next: boolean): void {
  if (next) blocked.add(phone)
  else blocked.delete(phone)
  const item = {
    tag: 'item',
    attrs: { action: next ? 'block' : 'unblock', jid: jidEncode(phone, 's.whatsapp.net') },
  }
  const attrs = { id: newMessageId(), to: '@s.whatsapp.net', type: 'set', xmlns: 'blocklist' }
  send({ tag: 'iq', attrs, content: [item] })
}
