import type { MessageMedia } from '@carteiro/contracts/media'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { createInstance } from '../instances/create-instance.ts'
import { applyChange } from '../messages/apply-change.ts'
import { saveMessage } from '../messages/save-message.ts'
import { saveUndecryptable } from '../messages/save-undecryptable.ts'
import { editEnvelope, messageEnvelope, revokeEnvelope, undecryptableEnvelope } from '../testing/envelopes.ts'
import { mediaEnvelope } from '../testing/media-envelope.ts'
import { startDomain } from '../testing/start-domain.ts'
import { type ClaimedDownload, claimDownloads } from './claim-downloads.ts'
import { countPendingMedia } from './count-pending.ts'
import { type DownloadOutcome, settleDownload } from './settle-download.ts'

const domain = await startDomain(t)
const { db } = domain
await createInstance(db, { id: 'acme-second', tenantId: 'acme', name: 'Second' })

const READY: DownloadOutcome = { status: 'ready', mimeType: 'image/png', size: 12, sha256: 'ab' }
const LATER: DownloadOutcome = { status: 'later', code: 'INTERRUPTED', afterSeconds: 60, usesAttempt: true }

const save = async (envelope: ReturnType<typeof messageEnvelope>): Promise<string> => {
  const result = await commit(domain, (work) => saveMessage(work, envelope))
  if (result.status === 'duplicate') throw new Error('it was there already')
  return result.messageId
}
const claim = (limit = 10, claimSeconds = 60) => claimDownloads(db, { limit, claimSeconds })
const claimOne = async (): Promise<ClaimedDownload> => {
  const [download] = await claim(1)
  if (!download) throw new Error('nothing was claimed')
  return download
}
const settle = (download: ClaimedDownload, outcome: DownloadOutcome) =>
  settleDownload(domain, download, outcome).then(({ status }) => status)
const mediaOf = async (id: string): Promise<MessageMedia | null> =>
  (await db.selectFrom('message').select('media').where('id', '=', id).executeTakeFirstOrThrow()).media
const rowOf = (id: string) =>
  db.selectFrom('media_download').selectAll().where('message_id', '=', id).executeTakeFirst()
const statesTold = async (id: string): Promise<string[]> => {
  const { rows } = await sql<{ told: string }>`
    select type || ' ' || coalesce(payload #>> '{message,media,state}', 'none') as told from event
    where payload #>> '{message,id}' = ${id} and type like 'messages.%' order by seq`.execute(db)
  return rows.map(({ told }) => told)
}
/** Time passes for one file's work: it is due, and a claim on it has ended. */
const pass = (id: string) =>
  sql`
  update media_download set next_attempt_at = now() - interval '1 second',
    claimed_until = case when claimed_until is not null then now() - interval '1 second' end
  where message_id = ${id}`.execute(db)

t.afterEach(() => sql`delete from media_download`.execute(db).then(() => undefined))

t.test('a file is stored and announced at once, and told again when it is there', async (t) => {
  const id = await save(mediaEnvelope())
  t.match(await mediaOf(id), { state: 'pending', mimeType: 'image/jpeg', size: 1_000, sha256: null })
  t.same(await statesTold(id), ['messages.new pending'])
  t.equal(await countPendingMedia(db), 1)
  const download = await claimOne()
  t.match(download, {
    messageId: id,
    tenantId: 'acme',
    attempt: 1,
    expired: false,
    source: { transport: 'baileys', type: 'image', file: { directPath: '/v/t62/1' } },
  })
  t.equal(await settle(download, READY), 'ready')
  t.match(await mediaOf(id), { state: 'ready', mimeType: 'image/png', size: 12, sha256: 'ab', reason: null })
  t.same(await statesTold(id), ['messages.new pending', 'messages.updated ready'])
  t.equal(await rowOf(id), undefined, 'a row exists only while there is work')
})

t.test('a text leaves no work, and neither does a file that nobody could fetch', async (t) => {
  await save(messageEnvelope())
  const id = await save(mediaEnvelope({ metadata: { source: 'cloud_api' } }))
  t.match(await mediaOf(id), { state: 'failed', reason: 'no_source' })
  t.same(await statesTold(id), ['messages.new failed'])
  t.same(await claim(), [])
})

t.test('a try that failed is made again at its time; the last one says why', async (t) => {
  const id = await save(mediaEnvelope())
  t.equal(await settle(await claimOne(), LATER), 'later')
  t.same(await claim(), [], 'not before its time')
  t.match(await rowOf(id), { attempts: 1, claimed_until: null, last_error: 'INTERRUPTED' })
  await pass(id)
  const second = await claimOne()
  t.equal(second.attempt, 2)
  t.equal(await settle(second, { status: 'failed', reason: 'media_gone' }), 'failed')
  t.match(await mediaOf(id), { state: 'failed', reason: 'media_gone', mimeType: 'image/jpeg' })
  t.same(await statesTold(id), ['messages.new pending', 'messages.updated failed'])
  t.equal(await rowOf(id), undefined)
})

t.test('waiting for somebody to ask uses no attempt, and ends after a week', async (t) => {
  const id = await save(mediaEnvelope())
  for (let wait = 0; wait < 3; wait++) {
    const download = await claimOne()
    t.match(download, { attempt: 1, expired: false })
    await settle(download, { ...LATER, code: 'INSTANCE_DISCONNECTED', usesAttempt: false })
    await pass(id)
  }
  await sql`update media_download set created_at = now() - interval '8 days'`.execute(db)
  t.match(await claimOne(), { attempt: 1, expired: true })
})

t.test('a worker that dies leaves its file to another one, and one event comes', async (t) => {
  const id = await save(mediaEnvelope())
  const dead = await claimOne()
  t.same(await claim(), [], 'the claim holds')
  await pass(id)
  const heir = await claimOne()
  t.match(heir, { messageId: id, attempt: 2 })
  t.equal(await settle(dead, READY), 'stale', 'the dead one comes back')
  t.match(await mediaOf(id), { state: 'pending' })
  t.equal(await settle(heir, READY), 'ready')
  t.equal(await settle(heir, READY), 'stale', 'and says it twice')
  t.equal(await settle(dead, { status: 'failed', reason: 'late' }), 'stale')
  t.same(await statesTold(id), ['messages.new pending', 'messages.updated ready'])
})

t.test('two workers never have the same file', async (t) => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, index) => save(mediaEnvelope({ phone: `+55119555${10_000 + index}` }))),
  )
  const claimed: string[] = []
  while (claimed.length < ids.length) {
    const rounds = await Promise.all([claim(4), claim(4), claim(4)])
    claimed.push(...rounds.flat().map(({ messageId }) => messageId))
  }
  t.same(claimed.toSorted(), ids.toSorted())
})

t.test('a claim of another tenant settles nothing', async (t) => {
  const id = await save(mediaEnvelope())
  const download = await claimOne()
  const stranger = { ...download, tenantId: 'other' }
  for (const outcome of [READY, LATER, { status: 'failed', reason: 'x' }, { status: 'deleted' }] as const) {
    t.equal(await settle(stranger, outcome), 'stale')
  }
  t.match(await mediaOf(id), { state: 'pending' })
  t.same(await statesTold(id), ['messages.new pending'])
  t.equal(await settle(download, READY), 'ready')
})

t.test('a thousand pictures of one instance do not hold up one of another', async (t) => {
  await sql`
    insert into media_download (tenant_id, message_id, instance_id, next_attempt_at)
    select 'acme', gen_random_uuid(), 'acme-phone', now() - interval '1 hour' from generate_series(1, 1000)`.execute(
    db,
  )
  const first = await claim(4)
  t.equal(first.length, 4)
  const id = await save(mediaEnvelope({ instanceId: 'acme-second' }))
  const elsewhere = await save(mediaEnvelope({ tenantId: 'other', instanceId: 'other-phone' }))
  const next = await claim(2)
  t.same(next.map(({ messageId }) => messageId).toSorted(), [id, elsewhere].toSorted())
  t.ok((await claim(4)).every(({ instanceId }) => instanceId === 'acme-phone'))
})

t.test('what came before its file was readable is announced with it', async (t) => {
  const { providerMessageId } = mediaEnvelope()
  await commit(domain, (work) => saveUndecryptable(work, undecryptableEnvelope({ providerMessageId })))
  const id = await save(mediaEnvelope({ providerMessageId }))
  t.same(await statesTold(id), ['messages.new none', 'messages.updated pending'])
  t.match(await claimOne(), { messageId: id })
})

t.test('an edited caption leaves its file, and what it is fetched by', async (t) => {
  const original = mediaEnvelope()
  const { providerMessageId: targetMessageId } = original
  const id = await save(original)
  const message = { type: 'image', text: 'new', media: { caption: 'new' } }
  await commit(domain, (work) => applyChange(work, editEnvelope({ targetMessageId, message })))
  t.same(await statesTold(id), ['messages.new pending', 'messages.updated pending'])
  t.match(await claimOne(), { messageId: id, source: { file: { directPath: '/v/t62/1' } } })
})

t.test('bytes that came within the message are not kept twice', async (t) => {
  const base64 = Buffer.from('the bytes of a picture').toString('base64')
  const id = await save(mediaEnvelope({ media: { base64 } }))
  const download = await claimOne()
  t.equal(download.source?.inline, base64)
  await settle(download, READY)
  const { content } = await db
    .selectFrom('message')
    .select('content')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  t.match(content, { media: { base64: undefined, directPath: '/v/t62/1' } })
})

t.test('a message that is revoked has no file, and its bytes are to be deleted', async (t) => {
  const original = mediaEnvelope()
  const id = await save(original)
  await settle(await claimOne(), READY)
  await revoke(original.providerMessageId)
  t.equal(await mediaOf(id), null)
  const download = await claimOne()
  t.match(download, { messageId: id, source: null })
  t.equal(await countPendingMedia(db), 0)
  t.equal(await settle(download, { ...LATER, code: 'STORAGE_UNAVAILABLE' }), 'later')
  await pass(id)
  t.equal(await settle(await claimOne(), { status: 'deleted' }), 'deleted')
  t.equal(await rowOf(id), undefined)
  t.same(await statesTold(id), ['messages.new pending', 'messages.updated ready', 'messages.updated none'])
})

t.test(
  'a file that is revoked while it is fetched is deleted after the fetch, and not told as ready',
  async (t) => {
    const original = mediaEnvelope()
    const id = await save(original)
    const fetching = await claimOne()
    await revoke(original.providerMessageId)
    t.same(await claim(), [], 'its bytes may still be written')
    t.equal(await settle(fetching, READY), 'revoked')
    t.match(await claimOne(), { messageId: id, source: null })
    t.same(await statesTold(id), ['messages.new pending', 'messages.updated none'])
  },
)

t.test('of a fetch whose worker died while its message was revoked, the bytes go as well', async (t) => {
  const original = mediaEnvelope()
  const id = await save(original)
  await claimOne()
  await revoke(original.providerMessageId)
  await pass(id)
  t.match(await claimOne(), { messageId: id, source: null, attempt: 2 })
})

t.test(
  'a worker that stores a file after its message was revoked and forgotten has it deleted',
  async (t) => {
    const original = mediaEnvelope()
    const id = await save(original)
    const asleep = await claimOne()
    await revoke(original.providerMessageId)
    await pass(id)
    await settle(await claimOne(), { status: 'deleted' })
    t.equal(await settle(asleep, READY), 'stale')
    t.match(await claimOne(), { messageId: id, source: null })
  },
)

const revoke = (targetMessageId: string) =>
  commit(domain, (work) => applyChange(work, revokeEnvelope({ targetMessageId })))
