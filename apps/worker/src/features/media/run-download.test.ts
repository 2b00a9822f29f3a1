import { commit } from '@carteiro/domain/events/unit-of-work'
import { applyChange } from '@carteiro/domain/messages/apply-change'
import { revokeEnvelope } from '@carteiro/domain/testing/envelopes'
import { sql } from 'kysely'
import t from 'tap'
import { PNG, sha256, startMedia } from '../../testing/start-media.ts'

const media = await startMedia(t)
const { db, dependencies, domain, registry, server, storage } = media
const { contentTypeOf, mediaOf, newPath, pass, receive, rowOf, statesTold, stored, tryOnce } = media

t.test(
  'a picture is announced before its bytes are asked for, and told again when they are here',
  async (t) => {
    const directPath = newPath()
    server.on(directPath, PNG)
    const { id } = await receive({ directPath, fileSha256: sha256(PNG, 'base64') })
    t.same(await statesTold(id), ['pending'])
    t.equal(await stored(id), undefined)
    await tryOnce()
    t.same(await statesTold(id), ['pending', 'ready'])
    const expected = { state: 'ready', mimeType: 'image/png', size: PNG.length, sha256: sha256(PNG) }
    t.match(await mediaOf(id), expected)
    t.ok((await stored(id))?.equals(PNG))
    t.equal(await contentTypeOf(id), 'image/png')
    t.equal(await rowOf(id), undefined)
  },
)

t.test('a page that says that it is a picture is not kept as one', async (t) => {
  const directPath = newPath()
  server.on(directPath, (response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end('<!doctype html><script>alert(1)</script>')
  })
  const { id } = await receive({ directPath, mimetype: 'image/jpeg' })
  await tryOnce()
  t.match(await mediaOf(id), { state: 'ready', mimeType: 'application/octet-stream' })
  t.equal(await contentTypeOf(id), 'application/octet-stream')
})

t.test('bytes that came within the message are kept like all others', async (t) => {
  const { id } = await receive({ base64: PNG.toString('base64') })
  await tryOnce()
  t.match(await mediaOf(id), { state: 'ready', mimeType: 'image/png', sha256: sha256(PNG) })
})

t.test('five tries, then it has failed and says why', async (t) => {
  const directPath = newPath()
  let asked = 0
  server.on(directPath, (response) => {
    asked++
    response.writeHead(500).end()
  })
  const { id } = await receive({ directPath })
  for (let attempt = 1; attempt <= 5; attempt++) {
    t.equal((await mediaOf(id))?.state, 'pending')
    await tryOnce()
    await pass(id)
  }
  t.equal(asked, 5)
  t.match(await mediaOf(id), { state: 'failed', reason: 'media_fetch_failed' })
  t.same(await statesTold(id), ['pending', 'failed'])
  await tryOnce()
  t.equal(asked, 5)
})

t.test('what is gone, too large or not connected ends as it says', async (t) => {
  const gone = await receive({ directPath: newPath() })
  const largePath = newPath()
  // Without a length ahead: it is noticed on the way.
  server.on(largePath, (response) => {
    response.write(Buffer.alloc(90_000, 1))
    response.end(Buffer.alloc(90_000, 1))
  })
  const large = await receive({ directPath: largePath })
  const awayPath = newPath()
  server.on(awayPath, (response) => response.writeHead(409).end())
  const away = await receive({ directPath: awayPath })
  await tryOnce()
  t.match(await mediaOf(gone.id), { state: 'failed', reason: 'media_gone' })
  t.match(await mediaOf(large.id), { state: 'failed', reason: 'too_large' })
  t.equal(await stored(large.id), undefined)
  t.match(await rowOf(away.id), { attempts: 0, last_error: 'INSTANCE_DISCONNECTED' })
  await sql`update media_download set created_at = now() - interval '8 days'`.execute(db)
  await pass(away.id)
  await tryOnce()
  t.match(await mediaOf(away.id), { state: 'failed', reason: 'expired' })
})

t.test('nothing is kept of a file with another hash, or of one that breaks off', async (t) => {
  const directPath = newPath()
  const { id } = await receive({ directPath, fileSha256: sha256(PNG, 'base64') })
  server.on(directPath, 'something else')
  await tryOnce()
  t.match(await rowOf(id), { attempts: 1, last_error: 'SHA256_MISMATCH' })
  t.equal(await stored(id), undefined)
  server.on(directPath, (response) => {
    response.writeHead(200, { 'content-length': PNG.length })
    response.write(PNG.subarray(0, 20_000), () => response.destroy())
  })
  await pass(id)
  await tryOnce()
  t.match(await rowOf(id), { attempts: 2, last_error: 'INTERRUPTED' })
  t.equal(await stored(id), undefined)
  server.on(directPath, PNG)
  await pass(id)
  await tryOnce()
  t.same(await statesTold(id), ['pending', 'ready'])
})

t.test('a storage that is away is waited for, and uses no attempt', async (t) => {
  const directPath = newPath()
  server.on(directPath, PNG)
  const { id } = await receive({ directPath })
  const full = async () => Promise.reject(new Error('ENOSPC'))
  await tryOnce({ storage: { ...storage, put: full } })
  t.match(await rowOf(id), { attempts: 0, last_error: 'STORAGE_UNAVAILABLE' })
  await pass(id)
  await tryOnce()
  t.match(await mediaOf(id), { state: 'ready' })
})

t.test('a source that says nothing is given up in time', async (t) => {
  const directPath = newPath()
  server.on(directPath, (response) => void response.writeHead(200).write(PNG.subarray(0, 10_000)))
  const { id } = await receive({ directPath })
  await tryOnce({ config: { ...dependencies.config, MEDIA_TIMEOUT_SECONDS: 0.2 } })
  t.match(await rowOf(id), { attempts: 1, last_error: 'TIMEOUT' })
  t.equal(await stored(id), undefined)
})

t.test('after a file whose workers all died nobody else dies of it', async (t) => {
  const directPath = newPath()
  server.on(directPath, PNG)
  const { id } = await receive({ directPath })
  await sql`update media_download set attempts = 5 where message_id = ${id}`.execute(db)
  await tryOnce()
  t.match(await mediaOf(id), { state: 'failed', reason: 'abandoned' })
})

t.test('a message that is revoked while its file is fetched leaves nothing behind', async (t) => {
  const directPath = newPath()
  const asked = server.asked(directPath)
  let finish = () => {}
  server.on(directPath, (response) => {
    response.write(PNG.subarray(0, 10_000))
    finish = () => void response.end(PNG.subarray(10_000))
  })
  const { id, envelope } = await receive({ directPath })
  const trying = tryOnce()
  await asked
  const { providerMessageId: targetMessageId } = envelope
  await commit(domain, (work) => applyChange(work, revokeEnvelope({ targetMessageId })))
  finish()
  await trying
  t.ok(await stored(id), 'the fetch was faster than the revoke')
  await tryOnce()
  t.equal(await stored(id), undefined)
  t.equal(await rowOf(id), undefined)
  t.same(await statesTold(id), ['pending', 'none'])
})

t.test('what happens is counted, and neither keys nor addresses are told', async (t) => {
  const text = await registry.metrics()
  for (const result of ['ready', 'later', 'failed', 'deleted', 'revoked']) {
    t.match(text, new RegExp(`whatsapp_media_downloads_total\\{result="${result}"\\} [1-9]`))
  }
  t.match(text, /whatsapp_media_download_seconds_bucket/)
  t.match(text, /whatsapp_media_pending/)
})
