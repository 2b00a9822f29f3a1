import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { claimDownloads } from '@carteiro/domain/media/claim-downloads'
import { settleDownload } from '@carteiro/domain/media/settle-download'
import { applyChange } from '@carteiro/domain/messages/apply-change'
import { saveMessage, saveMessages } from '@carteiro/domain/messages/save-message'
import { recordReceipt } from '@carteiro/domain/outbox/receipts'
import { retryDelivery } from '@carteiro/domain/outbox/retry-delivery'
import { settle } from '@carteiro/domain/outbox/settle'
import { readErasure, requestErasure } from '@carteiro/domain/persons/request-erasure'
import { keepSearchable } from '@carteiro/domain/search/keep-searchable'
import { dumpDatabase, findWords } from '@carteiro/domain/testing/dump-database'
import { editEnvelope, messageEnvelope, statusEnvelope } from '@carteiro/domain/testing/envelopes'
import { fillPerson } from '@carteiro/domain/testing/fill-person'
import { onlyOne, openOutbox, sentOf } from '@carteiro/domain/testing/outbox'
import { findOverUploads, forgetUpload } from '@carteiro/domain/uploads/delete-upload'
import { storageKeyOf, uploadKeyOf } from '@carteiro/storage/keys'
import { sql } from 'kysely'
import t from 'tap'
import { startMedia } from '../../testing/start-media.ts'
import { type EraseDependencies, eraseDue } from './erase.ts'

const media = await startMedia(t)
const { db, domain, storage } = media
const PERSON = { phone: '+5511987654301', lid: '98765430100001@lid', mark: 'mk7f3a' }
const NEIGHBOUR = { phone: '+5511987654302', lid: '98765430200002@lid', mark: 'nb4c1e' }
const wordsOf = ({ phone, lid, mark }: typeof PERSON) => [mark, phone.slice(1), lid.split('@')[0] ?? '']

/** Plays the brokers: `unknown` is what one says that never held the instance. */
const asked: { instanceId: string; jids: string[] }[] = []
const AWAY = { status: 'failed', fault: 'waiting', code: 'BROKER_UNREACHABLE', message: 'away' } as const
const COUNTS = { journal: 0, opened: 0, sends: 0, numbers: 0, keys: 0 }
let answer: Awaited<ReturnType<BrokerClient['forget']>> = AWAY
const broker = {
  forget: async (instanceId: string, { jids }: { jids: string[] }) => {
    asked.push({ instanceId, jids })
    return answer
  },
}
const act = { tenantId: 'acme', actor: 'key:admin', requestId: 'request-erase' }
const worker: EraseDependencies = {
  ...domain,
  lifecycle: media.dependencies.lifecycle,
  report: { erased: () => undefined },
  broker,
}
const erase = (contactId: string) => requestErasure(domain, { ...act, contactId })
const passTime = () => sql`update contact_erasure set next_try_at = now()`.execute(db)
const stateOf = (contactId: string) => readErasure(db, { tenantId: 'acme', contactId })

/** The bytes of a file are there, as if they had been fetched. */
async function storeFile(messageId: string, bytes: string): Promise<void> {
  const facts = { contentType: 'image/jpeg', maxBytes: 1_000 }
  const written = await storage.put(storageKeyOf({ tenantId: 'acme', messageId }), Buffer.from(bytes), facts)
  for (const download of await claimDownloads(db, { limit: 10, claimSeconds: 60 })) {
    await settleDownload(domain, download, { status: 'ready', mimeType: 'image/jpeg', ...written })
  }
}

/** Rows that are of somebody, of every table. */
async function rowsOf(words: string[]): Promise<string[]> {
  return findWords(await dumpDatabase(db), words).toSorted()
}

const person = await fill(PERSON)
const neighbour = await fill(NEIGHBOUR)
while (await keepSearchable(domain)) {}

async function fill(marked: typeof PERSON) {
  const filled = await fillPerson(domain, marked)
  await storeFile(filled.fileId, marked.mark)
  for (const uploadId of filled.uploadIds) {
    const facts = { contentType: 'application/pdf', maxBytes: 1_000 }
    await storage.put(uploadKeyOf({ tenantId: 'acme', uploadId }), Buffer.from(marked.mark), facts)
  }
  return filled
}

/** What other chores of the worker do: files that are to go are deleted. */
async function deleteFiles(): Promise<void> {
  await media.tryOnce()
  for (const upload of await findOverUploads(db, 100)) {
    await storage.delete(uploadKeyOf({ tenantId: upload.tenantId, uploadId: upload.id }))
    await forgetUpload(db, { ...upload, actor: 'worker' })
  }
}

/** How many objects hold these bytes. */
async function countStored(bytes: string): Promise<number> {
  const names = await readdir(media.storagePath, { recursive: true, withFileTypes: true })
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(path.join(entry.parentPath, entry.name)))
  return (await Promise.all(files)).filter((file) => file.includes(bytes)).length
}

t.test('one whose broker is away is erased everywhere else, and is not done before', async (t) => {
  const before = await rowsOf(wordsOf(NEIGHBOUR))
  t.ok(before.length > 50, 'the neighbour is everywhere')
  t.ok((await rowsOf(wordsOf(PERSON))).length > 50, 'and so is the person')
  const counts = await countAll()

  t.match(await erase(person.contactId), { step: 'begin', startedAt: null, finishedAt: null })
  await eraseDue(worker)
  t.match(await stateOf(person.contactId), {
    ...{ step: 'brokers', waitingFor: 'the broker of acme-phone', finishedAt: null, messages: /^[1-9]\d/ },
  })
  answer = { status: 'done', value: COUNTS }
  await passTime()
  await eraseDue(worker)
  t.match(asked, [{ instanceId: 'acme-phone', jids: ['5511987654301@s.whatsapp.net', PERSON.lid] }, {}])
  t.match(await stateOf(person.contactId), { step: 'files', waitingFor: 'files to be deleted' })
  t.equal(await countStored(PERSON.mark), 3)
  await deleteFiles()
  await passTime()
  await eraseDue(worker)
  t.match(await stateOf(person.contactId), { step: 'done', waitingFor: null, finishedAt: /^20/ })

  t.same(await rowsOf(wordsOf(PERSON)), [], 'no row of any table tells of the person')
  t.equal(await countStored(PERSON.mark), 0, 'and no file')
  t.same(await rowsOf(wordsOf(NEIGHBOUR)), before, 'every row of the neighbour is what it was, to the letter')
  t.equal(await countStored(NEIGHBOUR.mark), 3)
  t.equal((await media.stored(neighbour.fileId))?.toString(), NEIGHBOUR.mark)
  t.same(await countAll(), counts, 'counts stay')
})

t.test(
  'what comes after the erasure is a new contact\u2019s, and nothing old comes back by it',
  async (t) => {
    const { id: old } = await messageOf(person.contactId, 'inbound')
    const { phone, lid } = PERSON
    const late = { phone, targetMessageId: await providerIdOf(old), text: 'late words' }
    t.match(await commit(domain, (work) => applyChange(work, editEnvelope(late))), { status: 'ignored' })
    const { id: sent } = await messageOf(person.contactId, 'outbound')
    const receipt = { providerMessageId: await providerIdOf(sent), status: 'DELIVERED' as const }
    const details = { recipient_id: phone.slice(1) }
    await commit(domain, (work) => recordReceipt(work, statusEnvelope({ ...receipt, details })))
    t.match(await retryDelivery(domain, { ...act, id: await failedOf(person.contactId) }), {
      status: 'impossible',
    })
    t.same(await rowsOf([...wordsOf(PERSON), 'late words']), [])

    await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone, text: 'fresh words' })))
    const fresh = await db
      .selectFrom('contact')
      .selectAll()
      .where('phone', '=', phone)
      .executeTakeFirstOrThrow()
    t.not(fresh.id, person.contactId)
    t.match(await erase(person.contactId), { step: 'done' }, 'asked again, it tells that it is done')
    await eraseDue(worker)
    t.ok((await rowsOf(['fresh words'])).length > 0)
    t.equal((await db.selectFrom('contact').selectAll().where('lid', '=', lid).execute()).length, 0)
  },
)

t.test('what waits to be sent is taken back, and what is under way ends first', async (t) => {
  const one = { phone: '+5511987654303', lid: '98765430300003@lid', mark: 'wt5d20' }
  const { contactId } = await fillPerson(domain, one)
  const { enqueue, claimAll } = openOutbox(domain)
  const send = (text: string, fields = {}) =>
    enqueue({ to: one.phone, text: `${one.mark} ${text}`, ...fields })
  const underWay = await send('under way')
  const claimed = onlyOne(await claimAll())
  const waiting = await send('waiting')
  const scheduled = await send('scheduled', { scheduledAt: new Date(Date.now() + 3_600_000) })
  await erase(contactId)
  await eraseDue(worker)
  t.match(await stateOf(contactId), { step: 'sends', waitingFor: 'sends under way' })
  t.same(await statesOf([underWay, waiting, scheduled]), ['SENDING', 'CANCELLED', 'CANCELLED'])
  await settle(domain, claimed, { ...sentOf(claimed), response: { to: one.phone } })
  await finish(contactId)
  t.same(await statesOf([underWay, waiting, scheduled]), ['SENT', 'CANCELLED', 'CANCELLED'])
  t.same(await rowsOf(wordsOf(one)), [])
})

t.test('one that may have left is not said to be taken back', async (t) => {
  const phone = '+5511987654304'
  const { enqueue, claimAll } = openOutbox(domain)
  const id = await enqueue({ to: phone, text: 'perhaps' })
  const fault = { status: 'failed', fault: 'unknown', code: 'BROKER_TIMEOUT', message: 'no answer' } as const
  await settle(domain, onlyOne(await claimAll()), fault)
  const { contact_id: contactId } = await db
    .selectFrom('message')
    .select('contact_id')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await erase(contactId)
  await finish(contactId)
  const row = await db.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  t.match(row, { state: 'FAILED', error_code: 'OUTCOME_UNKNOWN', recipient: '' })
})

t.test('two workers share an erasure, while the person goes on writing', async (t) => {
  const one = { phone: '+5511987654305', lid: '98765430500005@lid', mark: 'tw9a11' }
  const { contactId } = await fillPerson(domain, one)
  const texts = Array.from({ length: 450 }, (_, n) =>
    messageEnvelope({ phone: one.phone, text: `${one.mark} ${n}` }),
  )
  await commit(domain, (work) => saveMessages(work, texts))
  await erase(contactId)
  const written: string[] = []
  const write = async () => {
    for (let n = 0; n < 20; n++) {
      const envelope = messageEnvelope({ phone: one.phone, text: `new ${n}` })
      await commit(domain, (work) => saveMessage(work, envelope))
      written.push(envelope.providerMessageId)
    }
  }
  await Promise.all([eraseDue(worker), eraseDue(worker), write()])
  await finish(contactId)
  t.same(await rowsOf([one.mark]), [])
  const rows = await db
    .selectFrom('message')
    .select(['type', 'text', 'contact_id'])
    .where('provider_message_id', 'in', written)
    .orderBy('number')
    .execute()
  const after = rows.filter((row) => row.contact_id !== contactId)
  t.ok(
    after.every(({ type }) => type === 'text'),
    'what came after the beginning is there',
  )
  t.ok(rows.filter((row) => row.contact_id === contactId).every(({ type }) => type === 'erased'))
})

/** Goes on until it is done; a file is deleted on the way. */
async function finish(contactId: string): Promise<void> {
  for (let state = await stateOf(contactId); state?.step !== 'done'; state = await stateOf(contactId)) {
    await passTime()
    await eraseDue(worker)
    await deleteFiles()
  }
}

const messageOf = (contactId: string, direction: 'inbound' | 'outbound') =>
  db
    .selectFrom('message')
    .select('id')
    .where('contact_id', '=', contactId)
    .where('direction', '=', direction)
    .where('provider_message_id', 'is not', null)
    .executeTakeFirstOrThrow()
const providerIdOf = async (id: string) =>
  (
    await db
      .selectFrom('message')
      .select('provider_message_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).provider_message_id ?? ''
const failedOf = async (contactId: string) =>
  (
    await db
      .selectFrom('delivery')
      .select('id')
      .where('contact_id', '=', contactId)
      .where('state', '=', 'FAILED')
      .executeTakeFirstOrThrow()
  ).id
const statesOf = async (ids: string[]) => {
  const rows = await db.selectFrom('delivery').select(['id', 'state']).where('id', 'in', ids).execute()
  return ids.map((id) => rows.find((row) => row.id === id)?.state)
}

/** What is counted: messages by state and direction, deliveries by state, tickets, numbers of events. */
async function countAll(): Promise<unknown> {
  const { rows } = await sql`
    select 'message' as what, direction || coalesce(state, '') as of, count(*)::int from message group by 2
    union all select 'delivery', state, count(*)::int from delivery group by 2
    union all select 'ticket', '', count(*)::int from ticket
    order by 1, 2`.execute(db)
  return rows
}
