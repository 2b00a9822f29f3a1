import { z } from 'zod'

const Text = z.string().min(1).max(8_192).optional().catch(undefined)
const Count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).optional().catch(undefined)
/** Base64, also as a `data:` URL; not a name or an address that stands in the same place. */
const Bytes = z
  .string()
  .min(16)
  .regex(/^(data:[^,]{1,200},)?[A-Za-z0-9+/\r\n]+=*$/)
  .optional()
  .catch(undefined)

const WrittenFile = z.object({
  /** Meta's name of the file. */
  id: Text,
  directPath: Text,
  mediaKey: Text,
  url: Text,
  mimetype: Text,
  fileName: Text,
  fileLength: Count,
  seconds: Count,
  width: Count,
  height: Count,
  fileSha256: Text,
  sha256: Text,
  /** The bytes themselves, in base64: some brokers post small files whole. */
  base64: Bytes,
  data: Bytes,
})

/** What a message tells of its file; every member was written by a stranger, and a bad one is as none. */
export type WrittenFile = z.infer<typeof WrittenFile>

/** Reads `media` of a stored message's content. */
export function readWrittenFile(content: object): WrittenFile {
  const media = 'media' in content ? WrittenFile.safeParse(content.media) : undefined
  return media?.data ?? {}
}

/** The file's SHA-256 in hex, where the message told it: WhatsApp writes base64, Meta either. */
export function writtenSha256({ fileSha256, sha256 }: WrittenFile): string | null {
  const written = fileSha256 ?? sha256 ?? ''
  if (/^[0-9a-f]{64}$/i.test(written)) return written.toLowerCase()
  const bytes = Buffer.from(written, 'base64')
  return bytes.length === 32 ? bytes.toString('hex') : null
}

/** The bytes that came with the message, in base64. */
export const inlineBytes = ({ base64, data }: WrittenFile): string | null =>
  (base64 ?? data)?.replace(/^data:[^,]*,/, '') ?? null
