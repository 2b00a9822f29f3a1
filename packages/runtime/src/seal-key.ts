import { z } from 'zod'
import type { SealKey } from './seal.ts'

const KEY_BYTES = 32
const MAX_KEYS = 10

/** The key of a seal (`createSeal`), as an environment variable spells it: 32 bytes, as 64 hex digits or as base64. */
export const sealKey = () =>
  z.string().transform((text, context) => {
    const key = readKey(text)
    if (key) return key
    context.addIssue({ code: 'custom', message: `must be ${KEY_BYTES} bytes, as 64 hex digits or as base64` })
    return z.NEVER
  })

/**
 * Several of them, `id:key,id:key`: the first seals, all open. A key alone, as `sealKey` reads it, needs no id.
 */
export const sealKeys = () =>
  z.string().transform((text, context): [SealKey, ...SealKey[]] => {
    const read = text.split(',').map((part) => readNamed(part.trim()))
    const keys = read.flatMap((key) => key ?? [])
    const [first, ...others] = keys
    const isGood = keys.length === read.length && keys.length <= MAX_KEYS && areDistinct(keys)
    if (first && isGood) return [first, ...others]
    context.addIssue({
      code: 'custom',
      message: `must be ${KEY_BYTES} bytes, as 64 hex digits or as base64; or at most ${MAX_KEYS} of them, each with an id of its own, as id:key,id:key (ids of 1 to 32 letters, digits, - and _)`,
    })
    return z.NEVER
  })

function readNamed(text: string): SealKey | undefined {
  const [, id, spelled = ''] = /^(?:([A-Za-z0-9_-]{1,32}):)?([^:]*)$/.exec(text) ?? []
  const key = readKey(spelled)
  return key && { id, key }
}

const areDistinct = (keys: SealKey[]): boolean => new Set(keys.map(({ id }) => id)).size === keys.length

function readKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const key = Buffer.from(text, 'base64')
  return key.length === KEY_BYTES ? key : undefined
}
