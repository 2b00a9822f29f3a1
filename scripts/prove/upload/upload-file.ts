import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { CreatedUpload } from '@carteiro/contracts/upload'
import { request } from 'undici'

const PIECE_BYTES = 64 * 1024
const BOUNDARY = 'carteiro'

/** A file that was uploaded. */
export interface UploadedFile {
  id: string
  url: string
  /** Of what was sent, in hex. */
  sha256: string
}

/** Uploads so many bytes, made while they go: neither side has them all. */
export async function uploadFile(
  { url, apiKey }: { url: string; apiKey: string },
  bytes: number,
): Promise<UploadedFile> {
  const hash = createHash('sha256')
  const answer = await request(`${url}/api/whatsapp/uploads`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: Readable.from(
      form(bytes, (piece) => hash.update(piece)),
      { objectMode: false },
    ),
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 201) throw new Error(`the upload was answered ${answer.statusCode}: ${text}`)
  const { uploadId, resourceUrl } = CreatedUpload.parse(JSON.parse(text))
  return { id: uploadId, url: resourceUrl, sha256: hash.digest('hex') }
}

async function* form(bytes: number, onPiece: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  const file = 'Content-Disposition: form-data; name="file"; filename="large.bin"'
  const type = 'Content-Disposition: form-data; name="type"'
  yield Buffer.from(`--${BOUNDARY}\r\n${type}\r\n\r\ndocument\r\n--${BOUNDARY}\r\n${file}\r\n`)
  yield Buffer.from('Content-Type: application/octet-stream\r\n\r\n')
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    const piece = randomBytes(Math.min(left, PIECE_BYTES))
    onPiece(piece)
    yield piece
  }
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
}

/** The SHA-256 of what the link gives, in hex. */
export async function readBack(url: string): Promise<string> {
  const { statusCode, body } = await request(url)
  if (statusCode !== 200) throw new Error(`the link was answered ${statusCode}`)
  const hash = createHash('sha256')
  for await (const piece of body) hash.update(piece)
  return hash.digest('hex')
}
