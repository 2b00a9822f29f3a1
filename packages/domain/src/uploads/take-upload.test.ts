import { setImmediate } from 'node:timers/promises'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { queueMessage } from '../outbox/queue-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { beginUpload } from './begin-upload.ts'
import { keepUpload } from './keep-upload.ts'

const domain = await startDomain(t)
const { db } = domain
const PHONE = '+5511933350009'

async function bring(ticketId: string): Promise<string> {
  const begun = { tenantId: 'acme', actor: 'test' }
  const id = await beginUpload(db, { ...begun, seconds: 60 })
  const kept = await keepUpload(db, {
    ...{ ...begun, id, mediaType: 'text/plain', size: 1, sha256: 'a', fileName: null, hours: 24 },
    ...{ fields: { type: 'document', ticketId }, requestId: 'request-1' },
  })
  if (kept.status !== 'kept') throw new Error(kept.status)
  return id
}

/** Until somebody waits for a row that another one holds. */
async function untilWaiting(): Promise<void> {
  for (let count = 0; count === 0; await setImmediate()) {
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    )
    count = rows.length
  }
}

t.test('a send that waits for its contact holds no upload that a merge of the contact needs', async (t) => {
  const saved = await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone: PHONE })))
  if (saved.status === 'duplicate') throw new Error('the message was there already')
  const uploadId = await bring(saved.ticketId)
  const request = outboundRequest({ to: PHONE, intent: { intent: 'document', uploadId } })
  const sending = await inTransaction(db, async (transaction) => {
    await sql`select from contact where phone = ${PHONE} for update`.execute(transaction)
    const sent = queueMessage(domain, request)
    await untilWaiting()
    await sql`select from upload where id = ${uploadId} for update nowait`.execute(transaction)
    return { sent }
  })
  t.match(await sending.sent, { status: 'queued' })
})
