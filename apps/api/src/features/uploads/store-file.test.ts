import { Readable } from 'node:stream'
import type { ProblemCode } from '@carteiro/contracts/problem'
import t from 'tap'
import { FILES } from '../../testing/upload.ts'
import { storeFile } from './store-file.ts'

const MIB = 1024 * 1024
const limits = { image: MIB, video: MIB, audio: MIB, document: MIB, sticker: MIB }
const going = new AbortController().signal
const over = AbortSignal.abort()

t.test('a file that is cut off is told why: its time is over, or the server goes down', async (t) => {
  const table: [signal: AbortSignal, stopping: AbortSignal, code: ProblemCode, retryAfterSeconds?: number][] =
    [
      [over, going, 'UPLOAD_TIMEOUT'],
      [over, over, 'SHUTTING_DOWN', 5],
      [going, going, 'STORAGE_UNAVAILABLE', 5],
    ]
  for (const [signal, stopping, code, retryAfterSeconds] of table) {
    const file = {
      body: Readable.from([FILES.png]),
      claimedType: 'image/png',
      fields: new Map<string, string>(),
    }
    const storage = { put: () => Promise.reject(new Error('cut off')) }
    const stored = storeFile(storage, file, { key: 'acme/uploads/1', limits, signal, stopping })
    await t.rejects(stored, { code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }, code)
  }
})
