import { flag } from '@carteiro/runtime/config'
import { z } from 'zod'

/** Where media live: the variables that every process which touches them reads. */
export const storageVariables = {
  STORAGE_DRIVER: z.enum(['disk', 's3'], { error: 'must be disk or s3' }).default('disk'),
  STORAGE_PATH: z.string().default('.data/storage'),
  S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be the S3 server\u2019s URL' }).optional(),
  S3_REGION: z.string().default('us-east-1'),
  S3_BUCKET: z.string().optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_FORCE_PATH_STYLE: flag(true),
}

const StorageConfig = z.object(storageVariables)

export type StorageConfig = z.output<typeof StorageConfig>

/** What one variable alone cannot say. For `superRefine`, with `when: () => true`, so that all faults are named together. */
export function requireStorageVariables(config: StorageConfig, context: z.core.$RefinementCtx): void {
  if (config.STORAGE_DRIVER !== 's3') return
  const need = (variable: keyof StorageConfig, message: string) => {
    if (config[variable] === undefined) context.addIssue({ code: 'custom', path: [variable], message })
  }
  need('S3_BUCKET', 'is needed when STORAGE_DRIVER is s3')
  if (config.S3_SECRET_ACCESS_KEY !== undefined) need('S3_ACCESS_KEY_ID', 'goes with S3_SECRET_ACCESS_KEY')
  if (config.S3_ACCESS_KEY_ID !== undefined) need('S3_SECRET_ACCESS_KEY', 'goes with S3_ACCESS_KEY_ID')
}
