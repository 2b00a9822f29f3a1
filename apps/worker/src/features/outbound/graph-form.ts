import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { SNIFF_BYTES, sniff, UNKNOWN_TYPE } from '@carteiro/runtime/sniff-type'
import type { OpenedObject } from '@carteiro/storage/storage'
import { FormData } from 'undici'
import type { GraphRequest } from '../../graph/graph-client.ts'
import type { OwnFile } from './to-graph-message.ts'

type Form = NonNullable<GraphRequest['body']>
type Named = Pick<OwnFile, 'mimeType' | 'fileName'>

/** A file of a request, which had it in base64, as Meta takes one. */
export async function toForm(base64: string, { mimeType, fileName = 'file' }: Named): Promise<Form> {
  const bytes = Buffer.from(base64, 'base64')
  const type = mimeType ?? (await sniff(bytes.subarray(0, SNIFF_BYTES))).found ?? UNKNOWN_TYPE
  const form = new FormData()
  form.set('messaging_product', 'whatsapp')
  form.set('type', type)
  form.set('file', new File([bytes], fileName, { type }))
  return { form }
}

/** The same of a file in the storage, a piece at a time: a FormData would hold it in memory. */
export function toStreamedForm(
  { body, size }: OpenedObject,
  { mimeType = UNKNOWN_TYPE, fileName = 'file' }: Named,
): Form {
  const boundary = `carteiro-${randomUUID()}`
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const before = Buffer.from(
    `${field('messaging_product', 'whatsapp')}${field('type', mimeType)}--${boundary}\r\n` +
      `Content-Disposition: form-data; name="file"; filename="${quoted(fileName)}"\r\n` +
      `Content-Type: ${mimeType}\r\n\r\n`,
  )
  const behind = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    stream: {
      contentType: `multipart/form-data; boundary=${boundary}`,
      length: before.length + size + behind.length,
      body: Readable.from(joined(before, body, behind), { objectMode: false }),
    },
  }
}

async function* joined(before: Buffer, body: Readable, behind: Buffer): AsyncGenerator<Buffer> {
  yield before
  yield* body
  yield behind
}

/** As browsers write a name in a form. */
const quoted = (name: string): string =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
