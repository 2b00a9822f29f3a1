import { Problem } from '@carteiro/contracts/problem'
import { createSeal, type Seal, SealError } from '@carteiro/runtime/seal'
import type { Dependencies } from '../../dependencies.ts'

const KEY = 'CREDENTIALS_ENCRYPTION_KEY'

/** What opens the Cloud API's credentials. @throws Problem WHATSAPP_NOT_CONFIGURED when there is no key for them */
export function requireSeal({ config }: Pick<Dependencies, 'config'>): Seal {
  const key = config[KEY]
  if (key) return createSeal(key)
  throw new Problem('WHATSAPP_NOT_CONFIGURED', `Set ${KEY} and start the API again.`, {
    details: { missing: [KEY] },
  })
}

/** Runs what opens credentials. @throws Problem WHATSAPP_NOT_CONFIGURED when they were sealed under another key */
export async function withOpened<Result>(open: () => Promise<Result>): Promise<Result> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new Problem(
      'WHATSAPP_NOT_CONFIGURED',
      `Credentials were sealed under another ${KEY}: set that one, or give the credentials again.`,
      { details: { missing: [KEY] } },
    )
  }
}
