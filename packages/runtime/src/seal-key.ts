import { z } from 'zod'

const KEY_BYTES = 32

/** The key of a seal (`createSeal`), as an environment variable spells it: 32 bytes, as 64 hex digits or as base64. */
export const sealKey = () =>
  z.string().transform((text, context) => {
    const key = readKey(text)
    if (key) return key
    context.addIssue({ code: 'custom', message: `must be ${KEY_BYTES} bytes, as 64 hex digits or as base64` })
    return z.NEVER
  })

function readKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const key = Buffer.from(text, 'base64')
  return key.length === KEY_BYTES ? key : undefined
}
