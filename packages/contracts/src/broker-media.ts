import { z } from 'zod'
import { StorableText } from './storable-text.ts'

/** 16 MiB of bytes; a larger file is named by its URL. */
export const MAX_BASE64_LENGTH = Math.ceil((16 * 1024 * 1024) / 3) * 4

const MIME_TYPE = /^[a-z]+\/[\w.+-]+( *; *[\w-]+=("[^"\r\n]*"|[\w.+-]+))*$/i

const isWebUrl = (text: string): boolean =>
  URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)

/** A file to send: its address, or its bytes. Whether we go to the address is decided when it is fetched. */
export const BrokerMedia = z
  .object(
    {
      url: z.string().max(4_096).refine(isWebUrl, 'must be an http or https URL').optional(),
      base64: z.string().min(1).max(MAX_BASE64_LENGTH).optional(),
      mimeType: z
        .string()
        .max(200)
        .regex(MIME_TYPE, 'must be a media type such as application/pdf')
        .optional(),
      fileName: StorableText.min(1).max(240).optional(),
    },
    'must name the file: mediaUrl, media.url or media.base64',
  )
  .refine(({ url, base64 }) => (url === undefined) !== (base64 === undefined), {
    path: ['url'],
    message: 'give the file either as mediaUrl (media.url) or as media.base64',
  })
export type BrokerMedia = z.infer<typeof BrokerMedia>
