import { createHash, randomBytes } from 'node:crypto'
import { aesEncryptGCM, decryptPollVote, hmacSign, proto } from '@whiskeysockets/baileys'

/** What a vote is bound to: it opens for nobody who gets one of these wrong. */
export interface VoteBinding {
  pollId: string
  /** 32 bytes, told to the chat with the poll. */
  pollSecret: Uint8Array
  /** User jids, spelled by phone or by LID: both sides must spell alike. */
  creatorJid: string
  voterJid: string
}

/** How a vote names an option. */
export function optionHash(option: string): Buffer {
  return createHash('sha256').update(option).digest()
}

/** Encrypts the choice of these options, as `decryptPollVote` of Baileys opens it. */
export function sealVote(options: string[], binding: VoteBinding): proto.Message.IPollEncValue {
  const { pollId, pollSecret, creatorJid, voterJid } = binding
  const info = Buffer.concat([Buffer.from(`${pollId}${creatorJid}${voterJid}Poll Vote`), Buffer.from([1])])
  const key = hmacSign(info, hmacSign(pollSecret, new Uint8Array(32)))
  const vote = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(optionHash) }).finish()
  const encIv = randomBytes(12)
  const encPayload = aesEncryptGCM(vote, key, encIv, Buffer.from(`${pollId}\0${voterJid}`))
  return { encPayload, encIv }
}

/**
 * @param bindings spellings to try
 * @returns the chosen of these options; undefined when no spelling opens it
 */
export function openVote(
  vote: proto.Message.IPollEncValue,
  options: string[],
  bindings: VoteBinding[],
): string[] | undefined {
  for (const { pollId, pollSecret, creatorJid, voterJid } of bindings) {
    try {
      const { selectedOptions } = decryptPollVote(vote, {
        pollMsgId: pollId,
        pollEncKey: pollSecret,
        pollCreatorJid: creatorJid,
        voterJid,
      })
      const chosen = new Set(selectedOptions.map((hash) => Buffer.from(hash).toString('hex')))
      return options.filter((option) => chosen.has(optionHash(option).toString('hex')))
    } catch {
      // Another spelling may open it.
    }
  }
  return undefined
}
