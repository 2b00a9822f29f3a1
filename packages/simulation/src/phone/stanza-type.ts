import { isJidGroup, type proto } from '@whiskeysockets/baileys'
import { pollOf } from './read-content.ts'
import { unwrapMessage } from './unwrap-message.ts'

/** What a message's stanza tells the server of what is sealed in it. */
export interface StanzaType {
  type: 'text' | 'media' | 'poll' | 'reaction'
  /** Attributes of each `enc` node. */
  enc: Record<string, string>
  /** Nodes beside them. */
  meta: { tag: 'meta'; attrs: Record<string, string> }[]
}

export function stanzaTypeOf(message: proto.IMessage): StanzaType {
  const { inner } = unwrapMessage(message)
  // A client that cannot open a reaction shows nothing in its place.
  if (inner.reactionMessage) return { type: 'reaction', enc: { 'decrypt-fail': 'hide' }, meta: [] }
  if (pollOf(inner))
    return { type: 'poll', enc: {}, meta: [{ tag: 'meta', attrs: { polltype: 'creation' } }] }
  if (inner.pollUpdateMessage) {
    return {
      type: 'poll',
      enc: { 'decrypt-fail': 'hide' },
      meta: [{ tag: 'meta', attrs: { polltype: 'vote' } }],
    }
  }
  const mediatype = mediaTypeOf(inner)
  return mediatype ? { type: 'media', enc: { mediatype }, meta: [] } : { type: 'text', enc: {}, meta: [] }
}

function mediaTypeOf(message: proto.IMessage): string | undefined {
  if (message.imageMessage) return 'image'
  if (message.videoMessage) return message.videoMessage.gifPlayback ? 'gif' : 'video'
  if (message.audioMessage) return message.audioMessage.ptt ? 'ptt' : 'audio'
  if (message.contactMessage) return 'vcard'
  if (message.documentMessage) return 'document'
  if (message.stickerMessage) return 'sticker'
  if (message.locationMessage) return 'location'
  return undefined
}

export const isGroup = (jid: string): boolean => isJidGroup(jid) === true
