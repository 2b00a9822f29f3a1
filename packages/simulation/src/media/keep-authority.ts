import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type KeyedCertificate, makeAuthority } from './make-certificates.ts'

/** The certificate's file in the folder: what a broker is given to trust. */
export const AUTHORITY_FILE = 'media-ca.pem'
const KEY_FILE = 'media-ca-key.pem'

const RENEW_BEFORE_MS = 7 * 24 * 60 * 60_000

/**
 * The certificate authority that a folder keeps, so that a broker trusts the next process, too. It is made where there
 * is none, and made anew a week before it ends. The key is readable for its owner alone.
 */
export async function keepAuthority(folder: string): Promise<KeyedCertificate> {
  const kept = await readAuthority(folder)
  if (kept) return kept
  const made = await makeAuthority()
  await mkdir(folder, { recursive: true })
  await write(join(folder, KEY_FILE), made.key)
  await write(join(folder, AUTHORITY_FILE), made.certificate)
  return made
}

async function readAuthority(folder: string): Promise<KeyedCertificate | undefined> {
  try {
    const certificate = await readFile(join(folder, AUTHORITY_FILE), 'utf8')
    const key = await readFile(join(folder, KEY_FILE), 'utf8')
    const read = new X509Certificate(certificate)
    const isGood =
      read.checkPrivateKey(createPrivateKey(key)) && read.validToDate.getTime() - Date.now() > RENEW_BEFORE_MS
    return isGood ? { certificate, key } : undefined
  } catch {
    // Not there, or not what it should be.
    return undefined
  }
}

/** A process that dies meanwhile leaves no half of a file. */
async function write(path: string, text: string): Promise<void> {
  const making = `${path}.${process.pid}`
  await writeFile(making, text, { mode: 0o600 })
  await rename(making, path)
}
