import { readdir } from 'node:fs/promises'
import type { UploadView } from '@carteiro/contracts/upload'
import type { TestApi } from './start-api.ts'

/** Samples of files by what they are, so small as they can be. */
export const FILES = {
  png: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
  gif: Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  jpeg: Buffer.concat([
    Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
    Buffer.alloc(64, 1),
    Buffer.from('ffd9', 'hex'),
  ]),
  pdf: Buffer.from('%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n'),
  webp: Buffer.concat([Buffer.from('RIFF\u0024\0\0\0WEBPVP8 \u0018\0\0\0'), Buffer.alloc(24, 1)]),
  mp4: Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from('ftypmp42\0\0\0\0mp42isom'),
    Buffer.alloc(40, 1),
  ]),
  ogg: Buffer.concat([
    Buffer.from('OggS\0\u0002'),
    Buffer.alloc(20),
    Buffer.from([1, 19]),
    Buffer.from('OpusHead'),
    Buffer.alloc(40, 1),
  ]),
}

/** An empty zip: its end record alone. */
export const ZIP = Buffer.concat([Buffer.from('PK\u0005\u0006', 'latin1'), Buffer.alloc(18)])

const BOUNDARY = '----carteiro'

export interface FormPart {
  name: string
  value: string | Buffer
  /** A part with one is a file. */
  fileName?: string
  type?: string
}

/** A form as a client writes it. */
export function formOf(parts: FormPart[]): { payload: Buffer; headers: { 'content-type': string } } {
  const pieces = parts.flatMap(({ name, value, fileName, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
    fileName === undefined ? '' : `; filename="${fileName}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    value,
    '\r\n',
  ])
  const payload = Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)))
  return { payload, headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } }
}

/** Uploads by a form of these parts. */
export const postForm = (
  { app, keys }: Pick<TestApi, 'app' | 'keys'>,
  parts: FormPart[],
  key = keys.acme,
) => {
  const { payload, headers } = formOf(parts)
  return app.inject({
    method: 'POST',
    url: '/api/whatsapp/uploads',
    headers: { ...headers, 'x-api-key': key },
    payload,
  })
}

/** Uploads a file. */
export const postFile = (
  api: Pick<TestApi, 'app' | 'keys'>,
  type: string,
  bytes: Buffer,
  {
    fileName = 'file',
    mimeType,
    ...fields
  }: { fileName?: string; mimeType?: string } & Record<string, string> = {},
) =>
  postForm(api, [
    { name: 'file', value: bytes, fileName, ...(mimeType === undefined ? {} : { type: mimeType }) },
    { name: 'type', value: type },
    ...Object.entries(fields).map(([name, value]) => ({ name, value })),
  ])

/** Uploads a file that is taken. @returns its id */
export async function uploadOf(...asked: Parameters<typeof postFile>): Promise<string> {
  const answer = await postFile(...asked)
  if (answer.statusCode !== 201)
    throw new Error(`the upload was answered ${answer.statusCode}: ${answer.body}`)
  return answer.json<UploadView>().uploadId
}

/** How much is kept: rows of uploads, and files in the storage. */
export async function keptBy({ db, dependencies }: Pick<TestApi, 'db' | 'dependencies'>) {
  const rows = await db.selectFrom('upload').select('id').execute()
  const options = { recursive: true, withFileTypes: true } as const
  const entries = await readdir(dependencies.config.STORAGE_PATH, options).catch(() => [])
  return { rows: rows.length, files: entries.filter((entry) => entry.isFile()).length }
}
