import t from 'tap'
import { saveTold } from '../contacts/save-told.ts'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { envelopeBase, messageEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { beginUpload } from './begin-upload.ts'
import { keepUpload } from './keep-upload.ts'
import { listUploads } from './list-uploads.ts'

const domain = await startDomain(t)
const { db } = domain
const PHONE = '+5511933350001'
const LID = '7700000001@lid'

async function uploadFor(ticketId: string): Promise<string> {
  const begun = { tenantId: 'acme', actor: 'test' }
  const id = await beginUpload(db, { ...begun, seconds: 60 })
  const kept = await keepUpload(db, {
    ...{ ...begun, id, mediaType: 'text/plain', size: 1, sha256: 'a', fileName: null, hours: 24 },
    ...{ fields: { type: 'document', ticketId }, requestId: 'request-1' },
  })
  if (kept.status !== 'kept') throw new Error(kept.status)
  return id
}

t.test('what was uploaded for two who turn out to be one is for the one who stays', async (t) => {
  const envelopes = [messageEnvelope({ phone: PHONE }), messageEnvelope({ chatKey: LID, contact: {} })]
  const ids: string[] = []
  for (const envelope of envelopes) {
    const saved = await commit(domain, (work) => saveMessage(work, envelope))
    if (saved.status === 'duplicate') throw new Error('the message was there already')
    ids.push(await uploadFor(saved.ticketId))
  }
  const known = { contact: { name: null, pushName: null }, phone: PHONE, lid: LID }
  await commit(domain, (work) => saveTold(work, { ...envelopeBase(), kind: 'contact', ...known }))
  const [ticket, ...others] = await db.selectFrom('ticket').selectAll().where('status', '=', 'open').execute()
  t.same(others, [], 'they are one')
  const own = { contactId: ticket?.contact_id, ticketId: ticket?.id }
  const { items } = await listUploads(db, { tenantId: 'acme', ...own, limit: 10 })
  t.same(
    items.map(({ uploadId }) => uploadId),
    ids.toReversed(),
  )
})
