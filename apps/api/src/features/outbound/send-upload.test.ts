import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'
import { FILES, uploadOf } from '../../testing/upload.ts'

const api = await startApi(t, { env: { UPLOAD_LINK_SECRET: 'secret of the links' } })
const { app, db, domain, keys } = api
const PHONE = '+5511955630001'
const OUTBOUND = '/api/v1/outbound/messages'

const post = (payload: object, { url = OUTBOUND, key = keys.acme } = {}) =>
  app.inject({ method: 'POST', url, headers: { 'x-api-key': key }, payload })
const send = (payload: object) => post({ to: PHONE, ...payload })
const get = (url: string) => app.inject({ url, headers: { 'x-api-key': keys.acme } })
const messagesOf = async (ticketId: string) => (await get(`/api/tickets/${ticketId}/messages`)).json().items
const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone: PHONE, text: 'Oi' })

t.test('a message takes its type, name, media type and caption from the upload', async (t) => {
  const uploadId = await uploadOf(api, 'image', FILES.png, { fileName: 'leak.png', caption: 'the leak' })
  for (const body of [{ uploadId }, { payloadJson: { uploadId } }, { intent: 'image', uploadId }]) {
    const answer = await send(body)
    t.equal(answer.statusCode, 201, answer.body)
    const payloadJson = {
      intent: 'image',
      uploadId,
      mimeType: 'image/png',
      fileName: 'leak.png',
      caption: 'the leak',
    }
    t.same(answer.json().payloadJson, payloadJson)
  }
  const own = await send({ uploadId, caption: 'ours', fileName: 'other.png' })
  t.match(own.json().payloadJson, { caption: 'ours', fileName: 'other.png', mimeType: 'image/png' })
})

t.test('the message shows its file as ready, and gives its bytes', async (t) => {
  const uploadId = await uploadOf(api, 'document', FILES.pdf, { fileName: 'price.pdf' })
  const { id } = (await send({ uploadId })).json()
  const media = {
    state: 'ready',
    type: 'document',
    mimeType: 'application/pdf',
    size: FILES.pdf.length,
    fileName: 'price.pdf',
  }
  const shown = (await messagesOf(ticketId)).find((message: { id: string }) => message.id === id)
  t.match(shown, { type: 'document', media })
  const events = await db
    .selectFrom('event')
    .select('payload')
    .where('type', '=', 'messages.new')
    .orderBy('seq')
    .execute()
  t.match(events.at(-1)?.payload, { message: { id, media } })
  const bytes = await get(`/api/messages/${id}/media`)
  t.equal(bytes.statusCode, 200)
  t.ok(bytes.rawPayload.equals(FILES.pdf))
  t.match(bytes.headers['content-disposition'], 'filename=price.pdf')
})

t.test('what is written in a chat may be an upload, too', async (t) => {
  const uploadId = await uploadOf(api, 'audio', FILES.ogg)
  const doors: [url: string, body: object][] = [
    ['/api/integrations/whatsapp/instances/acme-phone/messages', { to: PHONE }],
    [`/api/tickets/${ticketId}/messages`, {}],
  ]
  for (const [url, body] of doors) {
    const answer = await post({ ...body, payload: { uploadId, ptt: true }, idempotencyKey: url }, { url })
    t.equal(answer.statusCode, 202, answer.body)
    const { payloadJson } = (await get(`${OUTBOUND}/${answer.json().messageId}`)).json()
    t.match(payloadJson, { intent: 'audio', ptt: true, mimeType: 'audio/ogg' })
  }
})

t.test('a proposal may have an upload as its document', async (t) => {
  const uploadId = await uploadOf(api, 'document', FILES.pdf)
  const answer = await send({ proposalId: 'P-1', title: 'Proposal', document: { uploadId } })
  t.equal(answer.statusCode, 201, answer.body)
  const { id, payloadJson } = answer.json()
  t.match(payloadJson.document, { uploadId, mimeType: 'application/pdf' })
  t.ok((await get(`/api/messages/${id}/media`)).rawPayload.equals(FILES.pdf))
})

t.test('an upload that a message cannot have is refused, and nothing is queued', async (t) => {
  const count = async () => (await db.selectFrom('delivery').select('id').execute()).length
  const image = await uploadOf(api, 'image', FILES.png)
  const over = await uploadOf(api, 'image', FILES.png)
  const foreign = await uploadOf(api, 'image', FILES.png)
  await sql`update upload set expires_at = now() where id = ${over}`.execute(db)
  await sql`update upload set tenant_id = 'other' where id = ${foreign}`.execute(db)
  const before = await count()
  for (const uploadId of [newId(), foreign]) {
    for (const intent of ['image', undefined]) {
      const { details } = matchProblem(t, await send({ intent, uploadId }), 404, 'UPLOAD_NOT_FOUND')
      t.match(details, { uploadId })
    }
  }
  matchProblem(t, await send({ uploadId: over }), 410, 'UPLOAD_EXPIRED')
  matchProblem(t, await send({ intent: 'video', uploadId: image }), 422, 'UPLOAD_OF_OTHER_TYPE')
  const proposal = { proposalId: 'P', title: 'T', document: { uploadId: image } }
  matchProblem(t, await send(proposal), 422, 'UPLOAD_OF_OTHER_TYPE')
  for (const uploadId of ['1', 1, null])
    matchProblem(t, await send({ intent: 'image', uploadId }), 400, 'VALIDATION_ERROR')
  t.equal(await count(), before)
})

t.test(
  'one upload may be sent many times, also when its time is over, as long as a message has it',
  async (t) => {
    const uploadId = await uploadOf(api, 'image', FILES.png)
    const first = (await send({ uploadId })).json()
    await sql`update upload set expires_at = now() - interval '1 day' where id = ${uploadId}`.execute(db)
    t.equal((await post({ to: '+5511955630002', uploadId })).statusCode, 201)
    t.match((await get(`/api/whatsapp/uploads/${uploadId}`)).json(), { keptUntil: null, sentAt: String })
    const removed = await app.inject({
      method: 'DELETE',
      url: `/api/whatsapp/uploads/${uploadId}`,
      headers: { 'x-api-key': keys.acme },
    })
    matchProblem(t, removed, 409, 'UPLOAD_IN_USE')
    const audited = await db
      .selectFrom('audit_entry')
      .select(['action', 'details'])
      .where('entity_id', '=', uploadId)
      .orderBy('id')
      .execute()
    t.match(audited, [
      { action: 'CREATED' },
      { action: 'SENT', details: { messageId: first.id } },
      { action: 'SENT' },
    ])
  },
)

t.test('a repeated request is the same message, with the type or without', async (t) => {
  const uploadId = await uploadOf(api, 'image', FILES.png)
  const idempotencyKey = 'an upload'
  const first = await send({ uploadId, idempotencyKey })
  for (const body of [{ uploadId }, { intent: 'image', uploadId }, { uploadId: uploadId.toUpperCase() }]) {
    const again = await send({ ...body, idempotencyKey })
    t.match([again.statusCode, again.json().id], [200, first.json().id])
  }
  const other = await send({ uploadId: await uploadOf(api, 'image', FILES.png), idempotencyKey })
  matchProblem(t, other, 409, 'IDEMPOTENCY_KEY_MISMATCH')
})
