import { newId } from '@carteiro/database/new-id'
import type { BinaryNode, LIDMapping, WAMessageKey, WASocket } from '@whiskeysockets/baileys'
import type { Report } from '../../report.ts'
import { ToldLast } from './directory.ts'
import { findMappings } from './find-mappings.ts'
import { GroupCalls } from './group-calls.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { KnownPhones } from './known-phones.ts'
import { OwnUnderWay } from './own-under-way.ts'
import { toCallEntry } from './to-call-entry.ts'
import {
  type DirectoryContext,
  toContactEntry,
  toGroupEntry,
  toMappingEntry,
  toMembersEntry,
} from './to-directory-entry.ts'
import { toEvent } from './to-event.ts'
import { toGapEntry } from './to-gap-entry.ts'
import { toUnavailable } from './to-unavailable.ts'
import { type OfflineWatch, watchOffline } from './watch-offline.ts'

export interface SocketEars {
  listen(instanceId: string, socket: WASocket): void
  /** The socket is gone. */
  forget(instanceId: string): void
  /**
   * Runs an act about a message in its place among what is told of the chat: behind that message, with its key as
   * messages have told it.
   */
  inPlace(instanceId: string, key: WAMessageKey, act: (key: WAMessageKey) => void): void
}

export interface SocketEarsDependencies {
  journal: Pick<Journal, 'append'>
  report: Pick<Report, 'gap'>
  /** How long what waited on the server may be missing before that is told. */
  gapAfterMs: number
}

/** Hears what WhatsApp tells beside messages and receipts: people, groups, calls, and what is missing. */
export function createSocketEars({ journal, report, gapAfterMs }: SocketEarsDependencies): SocketEars {
  const told = new ToldLast()
  const phones = new KnownPhones()
  const underWay = new OwnUnderWay()
  const groupCalls = new GroupCalls()
  const watches = new Map<string, OfflineWatch>()
  const lastThere = new Map<string, Date>()

  function listen(instanceId: string, socket: WASocket): void {
    const tell: Tell = (entry) => {
      if (entry) journal.append(entry)
    }
    const isNews = (key: string, { event }: JournalEntry) =>
      told.isNews(`${instanceId} ${key}`, JSON.stringify(event.payload))
    const tellNews: TellNews = (key, entry) => entry && isNews(key, entry) && tell(entry)
    const know: TellNews = (key, entry) => entry && isNews(key, entry)
    const context = () => ({ instanceId, eventId: newId(), receivedAt: new Date() })

    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key } of messages) {
        phones.learn(key)
        if (key.id) underWay.told(instanceId, key.id)
      }
    })
    socket.ws.on('CB:message', (stanza: BinaryNode) =>
      underWay.came(instanceId, stanza, socket.authState.creds.me),
    )
    hearUnavailable(instanceId, socket, tell)
    hearPeople(socket, context, tellNews, know)
    hearGroups(socket, context, tellNews, tell)
    socket.ev.on('call', (calls) => {
      for (const call of calls) tell(toCallEntry(groupCalls.complete(call), context()))
    })
    const watch = watchOffline(socket.ws, gapAfterMs, (count) => {
      report.gap(instanceId, count)
      tell(toGapEntry({ ...count, from: lastThere.get(instanceId) }, context()))
    })
    watches.set(instanceId, watch)
  }

  return {
    listen,
    inPlace: (instanceId, key, act) => underWay.after(instanceId, key.id, () => act(phones.complete(key))),
    forget(instanceId) {
      underWay.forget(instanceId)
      watches.get(instanceId)?.end()
      watches.delete(instanceId)
      lastThere.set(instanceId, new Date())
    },
  }
}

type Context = () => DirectoryContext
type Tell = (entry: JournalEntry | undefined) => void
type TellNews = (key: string, entry: JournalEntry | undefined) => void

function hearUnavailable(instanceId: string, { ws, authState }: WASocket, tell: Tell): void {
  ws.on('CB:message', (stanza: BinaryNode) => {
    const message = toUnavailable(stanza, authState.creds.me)
    if (!message) return
    const upsertType = stanza.attrs.offline ? 'append' : 'notify'
    const told = toEvent(message, { instanceId, upsertType, receivedAt: new Date() })
    if (told.kind === 'event') tell(told)
  })
}

function hearPeople({ ev }: WASocket, context: Context, tellNews: TellNews, know: TellNews): void {
  ev.on('contacts.upsert', (contacts) => {
    for (const contact of contacts) tellNews(`name ${contact.id}`, toContactEntry(contact, context()))
  })
  ev.on('contacts.update', (contacts) => {
    for (const contact of contacts) tellNews(`push name ${contact.id}`, toContactEntry(contact, context()))
  })
  const tellMapping = (mapping: LIDMapping) =>
    tellNews(`mapping ${mapping.lid}`, toMappingEntry(mapping, context()))
  ev.on('lid-mapping.update', tellMapping)
  ev.on('messages.upsert', (upsert) => {
    for (const mapping of findMappings(upsert)) tellMapping(mapping)
    // Baileys says the writer's name once more as news of a contact: the message itself has told it.
    for (const { key, pushName } of upsert.messages) {
      if (!pushName || key.fromMe || key.participant || !key.remoteJid) continue
      const known = { id: key.remoteJid, notify: pushName }
      know(`push name ${known.id}`, toContactEntry(known, context()))
    }
  })
}

function hearGroups({ ev }: WASocket, context: Context, tellNews: TellNews, tell: Tell): void {
  ev.on('groups.upsert', (groups) => {
    for (const group of groups) tell(toGroupEntry(group, 'created', context()))
  })
  // Also the whole of every group, whenever Baileys has asked for them.
  ev.on('groups.update', (groups) => {
    for (const group of groups) tellNews(`group ${group.id}`, toGroupEntry(group, 'changed', context()))
  })
  ev.on('group-participants.update', (update) => tell(toMembersEntry(update, context())))
}
