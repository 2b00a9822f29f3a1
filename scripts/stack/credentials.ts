import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const secret = z.string().min(16)

const Credentials = z.object({
  /** Opens tenant `demo`. */
  apiKey: secret,
  /** Between the API, the worker and the broker. */
  brokerKey: secret,
  webhookHmacSecret: secret,
  /** 64 hex digits. Without it the kept WhatsApp sessions cannot be read any more. */
  sessionEncryptionKey: z.string().regex(/^[0-9a-f]{64}$/i),
})

export type Credentials = z.infer<typeof Credentials>

/**
 * The secrets of a development stack: made once, kept in `<dataDirectory>/credentials.json` for its owner alone.
 *
 * @throws Error when the file is there and cannot be understood
 */
export function keepCredentials(dataDirectory: string): Credentials {
  const file = path.join(dataDirectory, 'credentials.json')
  if (existsSync(file)) return readCredentials(file)
  const credentials = makeCredentials()
  // Renamed into place, so that a start which is killed leaves no half file.
  writeFileSync(`${file}.new`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return credentials
}

function makeCredentials(): Credentials {
  return {
    apiKey: `ctr_${randomBytes(32).toString('base64url')}`,
    brokerKey: randomBytes(32).toString('base64url'),
    webhookHmacSecret: randomBytes(32).toString('base64url'),
    sessionEncryptionKey: randomBytes(32).toString('hex'),
  }
}

function readCredentials(file: string): Credentials {
  try {
    return Credentials.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new Error(`${file} is not what Carteiro wrote there. Mend it, or remove it to make new secrets.`)
  }
}
