import { ConfigurationError, readConfig } from '@carteiro/runtime/config'
import t from 'tap'
import { z } from 'zod'
import { requireStorageVariables, storageVariables } from './config.ts'
import { createStorage } from './create-storage.ts'

const Config = z.object(storageVariables).superRefine(requireStorageVariables, { when: () => true })

const faultsOf = (env: NodeJS.ProcessEnv) => {
  try {
    readConfig(Config, env)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(({ variable }) => variable)
    throw error
  }
}

t.test('with nothing said, bytes are on the disk', async (t) => {
  t.match(readConfig(Config, {}), { STORAGE_DRIVER: 'disk', STORAGE_PATH: '.data/storage' })
})

t.test('a configuration that cannot work names the variable', async (t) => {
  const table: [env: NodeJS.ProcessEnv, faults: string[]][] = [
    [{ STORAGE_DRIVER: 's3' }, ['S3_BUCKET']],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: '' }, ['S3_BUCKET']],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'media' }, []],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'media', S3_ACCESS_KEY_ID: 'id' }, ['S3_SECRET_ACCESS_KEY']],
    [{ STORAGE_DRIVER: 's3', S3_SECRET_ACCESS_KEY: 'secret' }, ['S3_BUCKET', 'S3_ACCESS_KEY_ID']],
    [{ STORAGE_DRIVER: 's3', S3_ENDPOINT: 'minio:9000' }, ['S3_ENDPOINT', 'S3_BUCKET']],
    [{ STORAGE_DRIVER: 'tape' }, ['STORAGE_DRIVER']],
    [{ STORAGE_DRIVER: 's3', S3_BUCKET: 'media', S3_FORCE_PATH_STYLE: 'maybe' }, ['S3_FORCE_PATH_STYLE']],
  ]
  for (const [env, faults] of table) t.same(faultsOf(env), faults, JSON.stringify(env))
})

t.test('the driver that is named is the one that keeps the bytes', async (t) => {
  const folder = t.testdir()
  const disk = await createStorage(readConfig(Config, { STORAGE_PATH: folder }))
  await disk.put('acme/messages/1', Buffer.from('x'), { contentType: 'text/plain', maxBytes: 1 })
  t.match(await disk.stat('acme/messages/1'), { size: 1 })
})
