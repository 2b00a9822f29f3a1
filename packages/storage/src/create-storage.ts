import type { StorageConfig } from './config.ts'
import { createDiskStorage } from './disk.ts'
import { createS3Storage } from './s3.ts'
import type { ObjectStorage } from './storage.ts'

/**
 * The storage that the configuration names.
 *
 * @throws Error when the disk's folder cannot be read. The S3 server is not asked: it may be away just now
 */
export async function createStorage(config: StorageConfig): Promise<ObjectStorage> {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config
  if (config.STORAGE_DRIVER === 'disk') return createDiskStorage(config.STORAGE_PATH)
  if (bucket === undefined) throw new Error('S3_BUCKET is needed when STORAGE_DRIVER is s3')
  return createS3Storage({
    bucket,
    region: config.S3_REGION,
    endpoint: config.S3_ENDPOINT,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  })
}
