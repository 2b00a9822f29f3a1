import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { optionId } from '../messages/decrypt-vote.ts'

export interface CastVote {
  pollMessageId: string
  secret: Buffer
  voter: string
  creator: string
  options: string[]
}

/** A vote as a phone encrypts it, for tests. */
export function encryptVote({ pollMessageId, secret, voter, creator, options }: CastVote) {
  const plain = Buffer.concat(options.map((name) => Buffer.from(`0a20${optionId(name)}`, 'hex')))
  const info = Buffer.concat([Buffer.from(`${pollMessageId}${creator}${voter}Poll Vote`), Buffer.from([1])])
  const hmac = (key: Buffer, data: Buffer) => createHmac('sha256', key).update(data).digest()
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', hmac(hmac(Buffer.alloc(32), secret), info), iv)
  cipher.setAAD(Buffer.from(`${pollMessageId}\0${voter}`))
  return { payload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), iv }
}
