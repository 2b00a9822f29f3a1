import { randomBytes } from 'node:crypto'
import { startS3 } from '@carteiro/storage/testing/start-s3'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'
import { FILES, postFile, ZIP } from '../../testing/upload.ts'

const s3 = await startS3(t)
const api = await startApi(t, {
  env: {
    UPLOAD_LINK_SECRET: 'secret of the links',
    STORAGE_DRIVER: 's3',
    S3_ENDPOINT: s3.options.endpoint,
    S3_BUCKET: s3.options.bucket,
    S3_ACCESS_KEY_ID: s3.options.credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.options.credentials.secretAccessKey,
  },
})

t.test('an upload of several parts is in S3, and read by its link', async (t) => {
  const bytes = Buffer.concat([FILES.png, randomBytes(6_000_000)])
  const answer = await postFile(api, 'image', bytes)
  t.equal(answer.statusCode, 201, answer.body)
  const { uploadId, resourceUrl } = answer.json()
  t.same(await s3.keys(), [`acme/uploads/${uploadId}`])
  const read = await api.app.inject({ url: new URL(resourceUrl).pathname + new URL(resourceUrl).search })
  t.ok(read.rawPayload.equals(bytes))
})

t.test('what is refused leaves nothing in S3, neither objects nor parts', async (t) => {
  const before = await s3.keys()
  const unsafe = Buffer.concat([FILES.png, randomBytes(6_000_000), ZIP])
  matchProblem(t, await postFile(api, 'image', unsafe), 422, 'FILE_UNSAFE')
  const large = Buffer.concat([FILES.png, Buffer.alloc(17_000_000)])
  matchProblem(t, await postFile(api, 'image', large), 413, 'MEDIA_TOO_LARGE')
  t.same(await s3.keys(), before)
  t.same(await s3.openUploads(), [])
})
