import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Queryable } from '@carteiro/database/connect'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { saveMessages } from '@carteiro/domain/messages/save-message'
import { readErasure, requestErasure } from '@carteiro/domain/persons/request-erasure'
import { dumpDatabase, findWords } from '@carteiro/domain/testing/dump-database'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { sql } from 'kysely'
import t from 'tap'
import { spawnWorker } from './spawn-worker.ts'

const domain = await startDomain(t)
const { db } = domain
const phone = '+5511987654301'
const MARK = 'mk7f3a'
/** Between two looks: the worker's part of the machine is not to be taken by them. */
const LOOK_MS = 50

/** Plays the broker, which held nothing of the person. */
const broker = createServer((request, response) => {
  const counts = { journal: 0, opened: 0, sends: 0, numbers: 0, keys: 0 }
  request.resume().once('end', () => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(counts))
  })
}).listen(0, '127.0.0.1')
await once(broker, 'listening')
t.teardown(() => {
  broker.closeAllConnections()
  broker.close()
})

const startWorker = () =>
  spawnWorker(t, {
    DATABASE_URL: domain.url,
    WHATSAPP_BROKER_URL: `http://127.0.0.1:${(broker.address() as AddressInfo).port}`,
    WHATSAPP_BROKER_API_KEY: 'key of the broker, made up',
    STORAGE_PATH: t.testdir(),
  })

t.test('a worker that is killed in the middle of an erasure leaves the rest to the next one', async (t) => {
  const envelopes = Array.from({ length: 1_000 }, (_, n) => messageEnvelope({ phone, text: `${MARK} ${n}` }))
  await commit(domain, (work) => saveMessages(work, envelopes))
  const { id: contactId } = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow()
  const person = { tenantId: 'acme', contactId }
  await requestErasure(domain, { ...person, actor: 'test', requestId: 'request-1' })
  const erasureOf = async (by: Queryable = db) => {
    await pause(LOOK_MS)
    const erasure = await readErasure(by, person)
    if (!erasure) throw new Error('nobody asked for it')
    return erasure
  }

  const killed = startWorker()
  await db.transaction().execute(async (transaction) => {
    // Holds one of the later messages: the worker comes as far as that, and no further.
    await sql`
      select from message where provider_message_id = ${envelopes[700]?.providerMessageId ?? ''} for no key update`.execute(
      transaction,
    )
    // By the same connection: one that holds a row and is idle is ended.
    let reached = await erasureOf(transaction)
    while (reached.messages < 600) reached = await erasureOf(transaction)
    t.match(reached, { step: 'messages', messages: 600 })
    const dead = once(killed, 'exit')
    killed.kill('SIGKILL')
    await dead
  })
  const left = findWords(await dumpDatabase(db), [MARK])
  t.ok(left.length >= 400, 'the rest is there')

  startWorker()
  let erasure = await erasureOf()
  while (erasure.finishedAt === null) erasure = await erasureOf()
  t.equal(erasure.messages, 1_000, 'each was blanked once')
  t.same(findWords(await dumpDatabase(db), [MARK, phone.slice(1)]), [])
})
