import { Problem } from '@carteiro/contracts/problem'
import { uploadKeyOf } from '@carteiro/storage/keys'
import type { Dependencies } from '../../dependencies.ts'
import type { UploadConfig } from '../../upload-variables.ts'
import { createClamd } from './clamd.ts'
import type { Scanner, ScanVerdict } from './scanner.ts'

const RETRY_AFTER_SECONDS = 30

/** @returns `undefined` when none is configured */
export const createScanner = ({
  CLAMAV_ADDRESS: address,
  CLAMAV_TIMEOUT_SECONDS: seconds,
}: UploadConfig): Scanner | undefined => address && createClamd({ ...address, timeoutMs: seconds * 1_000 })

export type ScanNeeds = Pick<Dependencies, 'config' | 'report' | 'storage'> & { scanner: Scanner | undefined }

/**
 * Lets the scanner read what was stored, if there is one. Without a verdict nothing is kept, unless
 * CLAMAV_REQUIRED is false.
 *
 * @throws Problem FILE_INFECTED, SCANNER_UNAVAILABLE
 */
export async function scanUpload(
  { config, report, scanner, storage }: ScanNeeds,
  upload: { tenantId: string; uploadId: string },
): Promise<void> {
  if (!scanner) return
  const verdict = await scan(scanner, { storage, upload }).catch((error: unknown) => {
    report.scanFailed({ ...upload, error })
    return undefined
  })
  if (verdict?.status === 'infected') {
    throw new Problem('FILE_INFECTED', 'The virus scanner found something in the file: it was not kept.', {
      details: { found: verdict.name },
    })
  }
  if (verdict || !config.CLAMAV_REQUIRED) return
  throw new Problem('SCANNER_UNAVAILABLE', 'The file cannot be scanned just now; upload it again later.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}

async function scan(
  scanner: Scanner,
  { storage, upload }: Pick<ScanNeeds, 'storage'> & { upload: { tenantId: string; uploadId: string } },
): Promise<ScanVerdict> {
  const opened = await storage.open(uploadKeyOf(upload))
  if (!opened) throw new Error('what was stored just now is not there')
  return scanner.scan(opened.body)
}
