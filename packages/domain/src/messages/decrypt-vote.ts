import { createDecipheriv, createHash, createHmac } from 'node:crypto'

export interface EncryptedVoteBytes {
  payload: Buffer
  iv: Buffer
}

export interface VoteKeys {
  pollMessageId: string
  /** The poll's message secret: 32 bytes that came with its creation. */
  secret: Buffer
  /** Each way to spell the voter and the poll's creator: WhatsApp bound the vote to one of them. */
  voterJids: string[]
  creatorJids: string[]
}

const TAG_BYTES = 16

/** WhatsApp names a poll's options by this. */
export const optionId = (name: string): string => createHash('sha256').update(name).digest('hex')

/**
 * Reads a poll vote by WhatsApp's scheme: a key of (poll, creator, voter) made from the poll's secret, AES-256-GCM
 * bound to (poll, voter). Pure.
 *
 * @returns the chosen options' ids (`optionId`), none when the vote was taken back; `undefined` when no spelling fits
 */
export function decryptVote(encrypted: EncryptedVoteBytes, keys: VoteKeys): string[] | undefined {
  for (const voterJid of keys.voterJids) {
    for (const creatorJid of keys.creatorJids) {
      const plain = tryDecrypt(encrypted, { ...keys, voterJid, creatorJid })
      const ids = plain && readSelectedOptions(plain)
      if (ids) return ids
    }
  }
  return undefined
}

function tryDecrypt(
  { payload, iv }: EncryptedVoteBytes,
  {
    pollMessageId,
    secret,
    voterJid,
    creatorJid,
  }: { pollMessageId: string; secret: Buffer; voterJid: string; creatorJid: string },
): Buffer | undefined {
  if (payload.length < TAG_BYTES || iv.length === 0) return undefined
  const info = Buffer.concat([
    Buffer.from(`${pollMessageId}${creatorJid}${voterJid}Poll Vote`),
    Buffer.from([1]),
  ])
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  const key = createHmac('sha256', extracted).update(info).digest()
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(`${pollMessageId}\0${voterJid}`))
    decipher.setAuthTag(payload.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(payload.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

/** PollVoteMessage: `repeated bytes selectedOptions = 1`, and nothing else. */
function readSelectedOptions(message: Buffer): string[] | undefined {
  const ids: string[] = []
  for (let at = 0; at < message.length; ) {
    const length = message[at + 1]
    if (message[at] !== 0x0a || length === undefined || at + 2 + length > message.length) return undefined
    ids.push(message.subarray(at + 2, at + 2 + length).toString('hex'))
    at += 2 + length
  }
  return ids
}
