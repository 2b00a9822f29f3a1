import { randomBytes } from 'node:crypto'
import { prepareWAMessageMedia } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { startTestMediaHost, type UploadChanges, uploadRequest } from './test-media-host.ts'

const MAX_BLOB_BYTES = 1_000
let time = Date.now()
const { host, ask, ...baileys } = await startTestMediaHost(t, {
  limits: { maxBlobBytes: MAX_BLOB_BYTES, maxBytes: 2_500, maxBlobs: 3 },
  tokenTtlSeconds: 60,
  pathTtlSeconds: 600,
  now: () => time,
})

const bytes = randomBytes(100)
const other = uploadRequest(host, randomBytes(100))[0].replace(/.*token=/, '')
const otherAuth = host.mediaConn('5511911111111').attrs.auth ?? ''

const refused: [what: string, changed: UploadChanges, status: number][] = [
  ['without auth', { auth: '' }, 401],
  ['with an auth of its own making', { auth: `5511900000000.${Date.now() + 1e9}.AAAA` }, 401],
  [
    'with the auth of another account under a new name',
    { auth: otherAuth.replace('5511911111111', '1') },
    401,
  ],
  ['with nonsense as auth', { auth: '....' }, 401],
  ['named otherwise in its query', { tokenAgain: other }, 400],
  ['named as other bytes', { token: other }, 400],
  ['of a type that is none', { kind: 'hologram' }, 404],
  ['that names a property of objects', { kind: 'constructor' }, 404],
]
for (const [what, changed, status] of refused) {
  test(`a file ${what} is not taken`, async (t) => {
    const before = host.count()
    t.equal((await ask(...uploadRequest(host, bytes, changed))).status, status)
    t.equal(host.count(), before)
  })
}

test('a file whose length is not told, or that is too large, is not taken', async (t) => {
  const [path, request] = uploadRequest(host, bytes)
  t.equal((await ask(path, { ...request, headers: { 'transfer-encoding': 'chunked' } })).status, 411)
  const [largePath, large] = uploadRequest(host, randomBytes(MAX_BLOB_BYTES + 1))
  t.equal((await ask(largePath, large)).status, 413)
  t.equal((await ask(...uploadRequest(host, randomBytes(MAX_BLOB_BYTES)))).status, 200)
})

test('an auth that has ended opens nothing, and Baileys asks for another one by itself', async (t) => {
  const document = { document: randomBytes(100), mimetype: 'application/pdf' }
  await prepareWAMessageMedia(document, baileys)
  t.equal(baileys.connsAsked(), 1)
  const [path, request] = uploadRequest(host, bytes)
  time += 60_000
  t.equal((await ask(path, request)).status, 401)
  await t.rejects(prepareWAMessageMedia(document, baileys), /failed on all hosts/)
  t.equal(baileys.connsAsked(), 2)
  await prepareWAMessageMedia(document, baileys)
  t.equal(baileys.connsAsked(), 2)
  host.revokeTokens()
  t.equal((await ask(...uploadRequest(host, bytes))).status, 200, 'a new one is good')
  await t.rejects(prepareWAMessageMedia(document, baileys), /failed on all hosts/)
})

test('a path leads to its file as long as it says', async (t) => {
  const { directPath } = host.store(bytes, 'image')
  time += 599_000
  t.equal((await ask(directPath)).status, 200)
  time += 1_000
  t.equal((await ask(directPath)).status, 403)
})

test('where there is no room the oldest files are forgotten', async (t) => {
  const store = (size: number) => host.store(randomBytes(size), 'image').directPath
  const statuses = (paths: string[]) => Promise.all(paths.map(async (path) => (await ask(path)).status))
  const byBytes = [store(1_000), store(1_000), store(1_000)]
  t.same(await statuses(byBytes), [404, 200, 200])
  const byCount = [store(1), store(1), store(1), store(1)]
  t.same(await statuses(byCount), [404, 200, 200, 200])
  t.equal(host.count(), 3)
  t.throws(() => store(1_001), { code: 'MEDIA_TOO_LARGE' })
})
