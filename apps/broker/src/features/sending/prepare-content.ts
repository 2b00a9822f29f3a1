import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import { formatJid, type Jid } from '@carteiro/contracts/jid'
import type { GuardedFetch } from '@carteiro/runtime/guarded-fetch'
import { generateWAMessage, type proto, type WAMessage, type WASocket } from '@whiskeysockets/baileys'
import type { MediaFailure } from './fetch-media.ts'
import { type FindMessage, toQuoted } from './find-message.ts'
import { openFile } from './open-file.ts'
import { notWhatItSays, sniffMedia, whyNotMedia } from './sniff-media.ts'
import { toContent } from './to-content.ts'

export interface ContentToPrepare {
  instanceId: string
  message: BrokerOutboundMessage
  jid: Jid
  waMessageId: string
  /** Epoch milliseconds: nobody waits for the message any longer. */
  deadline: number
  /** Ends the fetching of a file. */
  signal: AbortSignal
}

export interface PrepareDependencies {
  findMessage: FindMessage
  guardedFetch: GuardedFetch
  maxMediaBytes: number
}

export type PreparedContent =
  | { kind: 'prepared'; content: proto.IMessage }
  | MediaFailure
  /** Nothing has left: the file was not taken by WhatsApp's media host, say. */
  | { kind: 'not_prepared'; reason: string }

const FETCH_TIMEOUT_MS = 15_000

/** Makes the message that leaves: fetches its file, finds what it quotes, seals and uploads the file by Baileys. */
export async function prepareContent(
  deps: PrepareDependencies,
  socket: WASocket,
  send: ContentToPrepare,
): Promise<PreparedContent> {
  const { message } = send
  if (!('media' in message)) return generate(deps, socket, send, undefined)
  const timeoutMs = Math.max(1, Math.min(FETCH_TIMEOUT_MS, send.deadline - Date.now()))
  const opened = await openFile(deps.guardedFetch, message, {
    maxBytes: deps.maxMediaBytes,
    signal: AbortSignal.any([send.signal, AbortSignal.timeout(timeoutMs)]),
  })
  if (opened.kind === 'media_failed') return opened
  try {
    const sniffed = await sniffMedia(opened.file.source)
    const fault = whyNotMedia(message, sniffed)
    if (fault !== undefined) return { kind: 'media_failed', problem: notWhatItSays(message, fault) }
    return await generate(deps, socket, send, { ...opened.file, found: sniffed.found })
  } finally {
    await opened.close()
  }
}

async function generate(
  deps: PrepareDependencies,
  socket: WASocket,
  send: ContentToPrepare,
  file: Parameters<typeof toContent>[1]['file'],
): Promise<PreparedContent> {
  const { message, jid, waMessageId } = send
  const [quoted, target] = await Promise.all([findQuoted(deps, send), findTarget(deps, send)])
  try {
    const full = await generateWAMessage(formatJid(jid), toContent(message, { jid, file, target }), {
      userJid: socket.user?.id ?? '',
      messageId: waMessageId,
      upload: socket.waUploadToServer,
      mediaUploadTimeoutMs: Math.max(1, send.deadline - Date.now()),
      ...(quoted ? { quoted } : {}),
    })
    if (full.message) return { kind: 'prepared', content: full.message }
    return { kind: 'not_prepared', reason: 'Baileys made a message without content.' }
  } catch (error) {
    return { kind: 'not_prepared', reason: String(error) }
  }
}

async function findQuoted(
  { findMessage }: PrepareDependencies,
  { instanceId, message, jid }: ContentToPrepare,
): Promise<WAMessage | undefined> {
  const id = 'quotedMessageId' in message ? message.quotedMessageId : undefined
  return id === undefined ? undefined : toQuoted(await findMessage(instanceId, id, jid), id, jid)
}

async function findTarget(
  { findMessage }: PrepareDependencies,
  { instanceId, message, jid }: ContentToPrepare,
) {
  if (message.type !== 'reaction') return undefined
  return (await findMessage(instanceId, message.reaction.messageId, jid))?.key
}
