import { randomBytes } from 'node:crypto'
import {
  aesDecryptGCM,
  aesEncryptGCM,
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  hkdf,
  proto,
} from '@whiskeysockets/baileys'

/** A companion asks its own phone to upload the file of a message again: `<receipt type="server-error">`. */
export interface MediaRetry {
  /** The message's id, which is the receipt's, too. */
  id: string
  /** The device that asks. */
  from: string
  chat: string
  fromMe: boolean
  /** The author, in a group. */
  participant: string | undefined
  ciphertext: Uint8Array
  iv: Uint8Array
}

const { ResultType } = proto.MediaRetryNotification

/** How the phone answers. */
export type MediaRetryOutcome =
  | { kind: 'uploaded'; mediaKey: Uint8Array; directPath: string }
  /** The phone has the file no longer, or does not know the message. */
  | { kind: 'not_found' }
  /** The request was not sealed with the message's own key. */
  | { kind: 'undecryptable' }

const IV_BYTES = 12
const RETRY_KEY_BYTES = 32

/** @returns `undefined` for a stanza that is no such request */
export function readMediaRetry(receipt: BinaryNode): MediaRetry | undefined {
  const { id, from } = receipt.attrs
  const asked = getBinaryNodeChild(receipt, 'rmr')
  const sealed = getBinaryNodeChild(receipt, 'encrypt')
  const ciphertext = getBinaryNodeChildBuffer(sealed, 'enc_p')
  const iv = getBinaryNodeChildBuffer(sealed, 'enc_iv')
  const chat = asked?.attrs.jid
  if (receipt.tag !== 'receipt' || receipt.attrs.type !== 'server-error') return undefined
  if (!id || !from || !chat || !ciphertext || iv?.length !== IV_BYTES) return undefined
  const { from_me, participant } = asked.attrs
  return { id, from, chat, fromMe: from_me === 'true', participant, ciphertext, iv }
}

/** Whether the request was sealed with this message's own key, as only those who have the message can. */
export function isSealedWith({ id, ciphertext, iv }: MediaRetry, mediaKey: Uint8Array): boolean {
  try {
    const plain = aesDecryptGCM(ciphertext, retryKey(mediaKey), iv, Buffer.from(id))
    return proto.ServerErrorReceipt.decode(plain).stanzaId === id
  } catch {
    return false
  }
}

/** The phone's answer, `<notification type="mediaretry">`, to the device that asked. */
export function mediaRetryAnswer(retry: MediaRetry, outcome: MediaRetryOutcome): BinaryNode {
  const { id, from, chat, fromMe, participant } = retry
  return {
    tag: 'notification',
    attrs: { id, to: from, type: 'mediaretry', t: String(Math.floor(Date.now() / 1000)) },
    content: [
      {
        tag: 'rmr',
        attrs: { jid: chat, from_me: String(fromMe), ...(participant ? { participant } : {}) },
      },
      answerNode(id, outcome),
    ],
  }
}

function answerNode(id: string, outcome: MediaRetryOutcome): BinaryNode {
  switch (outcome.kind) {
    case 'uploaded':
      return sealAnswer(id, outcome)
    case 'not_found':
      return errorNode(ResultType.NOT_FOUND)
    case 'undecryptable':
      return errorNode(ResultType.DECRYPTION_ERROR)
    default:
      return outcome satisfies never
  }
}

const errorNode = (code: number): BinaryNode => ({ tag: 'error', attrs: { code: String(code) } })

function sealAnswer(
  id: string,
  { mediaKey, directPath }: Extract<MediaRetryOutcome, { kind: 'uploaded' }>,
): BinaryNode {
  const told = { stanzaId: id, directPath, result: ResultType.SUCCESS }
  const plain = proto.MediaRetryNotification.encode(told).finish()
  const iv = randomBytes(IV_BYTES)
  const ciphertext = aesEncryptGCM(plain, retryKey(mediaKey), iv, Buffer.from(id))
  return {
    tag: 'encrypt',
    attrs: {},
    content: [
      { tag: 'enc_p', attrs: {}, content: ciphertext },
      { tag: 'enc_iv', attrs: {}, content: iv },
    ],
  }
}

const retryKey = (mediaKey: Uint8Array): Uint8Array =>
  hkdf(mediaKey, RETRY_KEY_BYTES, { info: 'WhatsApp Media Retry Notification' })
