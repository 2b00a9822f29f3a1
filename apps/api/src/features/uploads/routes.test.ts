import { createHash } from 'node:crypto'
import { linkTo } from '@carteiro/domain/uploads/link'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'
import { FILES, keptBy, postFile, uploadOf } from '../../testing/upload.ts'

const api = await startApi(t, { env: { UPLOAD_LINK_SECRET: 'secret of the links' } })
const { app, db, domain, keys, keyWith } = api
const ask = (url: string, headers: Record<string, string> = { 'x-api-key': keys.acme }) =>
  app.inject({ url, headers })
const pathOf = (url: string) => url.replace(/^https?:\/\/[^/]+/, '')

t.test('a file that is uploaded is read by its link, without a key, as it was', async (t) => {
  const answer = await postFile(api, 'image', FILES.png, {
    fileName: 'Foto do or\u00e7amento.png',
    caption: 'the leak',
  })
  t.equal(answer.statusCode, 201, answer.body)
  const { uploadId, resourceUrl, expiresAt, mediaType, size } = answer.json()
  t.match({ mediaType, size }, { mediaType: 'image/png', size: FILES.png.length })
  t.ok(Date.parse(expiresAt) > Date.now())
  const read = await ask(pathOf(resourceUrl), {})
  t.equal(read.statusCode, 200, read.body)
  t.ok(read.rawPayload.equals(FILES.png))
  t.match(read.headers, {
    'content-type': 'image/png',
    'content-disposition':
      'inline; filename="Foto do orcamento.png"; filename*=UTF-8\'\'Foto%20do%20or%C3%A7amento.png',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    etag: `"${createHash('sha256').update(FILES.png).digest('hex')}"`,
  })
  const part = await ask(pathOf(resourceUrl), { range: 'bytes=1-3' })
  t.equal(part.statusCode, 206)
  t.equal(part.body, 'PNG')
  t.equal(
    (await app.inject({ method: 'HEAD', url: pathOf(resourceUrl) })).headers['content-length'],
    String(size),
  )

  const view = (await ask(`/api/whatsapp/uploads/${uploadId}`)).json()
  t.match(view, { uploadId, type: 'image', caption: 'the leak', sentAt: null, createdBy: /^key:/ })
  const audited = await db
    .selectFrom('audit_entry')
    .select(['action', 'entity_type'])
    .where('entity_id', '=', uploadId)
    .execute()
  t.same(audited, [{ action: 'CREATED', entity_type: 'upload' }])
})

t.test('by key an upload is read by its own tenant alone', async (t) => {
  const id = await uploadOf(api, 'document', FILES.pdf)
  t.equal((await ask(`/api/uploads/${id}`)).statusCode, 200)
  for (const url of [`/api/uploads/${id}`, `/api/whatsapp/uploads/${id}`]) {
    matchProblem(t, await ask(url, { 'x-api-key': keys.other }), 404, 'UPLOAD_NOT_FOUND')
    matchProblem(t, await ask(url, {}), 401, 'INVALID_API_KEY')
  }
  matchProblem(
    t,
    await ask(`/api/uploads/${id}`, { 'x-api-key': await keyWith('send') }),
    403,
    'INSUFFICIENT_SCOPE',
  )
  t.same((await ask('/api/uploads', { 'x-api-key': keys.other })).json(), { items: [], nextCursor: null })
})

t.test('each reading gives a link anew, and a list its pages', async (t) => {
  const ids = [await uploadOf(api, 'image', FILES.png), await uploadOf(api, 'image', FILES.gif)]
  const first = (await ask('/api/uploads?limit=1')).json()
  const second = (await ask(`/api/uploads?limit=1&cursor=${first.nextCursor}`)).json()
  t.same(
    [first, second].map(({ items }) => items[0].uploadId),
    ids.toReversed(),
  )
  t.equal((await ask(pathOf(second.items[0].resourceUrl), {})).statusCode, 200)
})

t.test('a link that was changed in any way opens nothing, and one whose time is over says so', async (t) => {
  const answer = await postFile(api, 'image', FILES.png)
  const url = new URL(answer.json().resourceUrl)
  const other = await uploadOf(api, 'image', FILES.gif)
  const changed = (change: (url: URL) => void) => {
    const copy = new URL(url)
    change(copy)
    return ask(copy.pathname + copy.search, {})
  }
  const changes: ((url: URL) => void)[] = [
    (url) => url.searchParams.set('signature', `${url.searchParams.get('signature')}A`),
    (url) => url.searchParams.set('signature', 'A'.repeat(43)),
    (url) => url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1)),
    (url) => url.searchParams.set('expires', 'never'),
    (url) => url.searchParams.set('tenant', 'other'),
    (url) => url.searchParams.delete('tenant'),
    (url) => url.searchParams.delete('expires'),
    (url) => {
      url.pathname = `/api/uploads/${other}`
    },
  ]
  for (const [index, change] of changes.entries()) {
    const refused = await changed(change)
    t.ok([403, 400].includes(refused.statusCode), `${index}: ${refused.statusCode} ${refused.body}`)
  }
  matchProblem(t, await changed((url) => url.searchParams.set('signature', 'A')), 403, 'INVALID_UPLOAD_LINK')
  matchProblem(t, await changed((url) => url.searchParams.delete('signature')), 403, 'INVALID_UPLOAD_LINK')

  const { uploadId } = answer.json()
  const over = { secret: 'secret of the links', baseUrl: 'http://here', seconds: -1 }
  const { url: late } = linkTo({ tenantId: 'acme', uploadId }, over)
  matchProblem(t, await ask(pathOf(late), {}), 410, 'UPLOAD_LINK_EXPIRED')
})

t.test('an upload is for a ticket, whose contact it is for, too', async (t) => {
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone: '+5511955550100', text: 'Oi' })
  const { ticketId: foreign } = await receiveMessage(domain, {
    tenantId: 'other',
    phone: '+5511955550100',
    text: 'Oi',
  })
  const id = await uploadOf(api, 'image', FILES.png, { ticketId })
  const { items } = (await ask(`/api/uploads?ticketId=${ticketId}`)).json()
  const { contact_id: contactId } = await db
    .selectFrom('ticket')
    .select('contact_id')
    .where('id', '=', ticketId)
    .executeTakeFirstOrThrow()
  t.match(items, [{ uploadId: id, ticketId, contactId }])
  t.equal(items.length, 1)
  const inCapitals = { ticketId: ticketId.toUpperCase(), contactId: contactId.toUpperCase() }
  t.equal((await postFile(api, 'image', FILES.png, inCapitals)).statusCode, 201)
  matchProblem(t, await postFile(api, 'image', FILES.png, { ticketId: foreign }), 404, 'NOT_FOUND')
  const { ticketId: second } = await receiveMessage(domain, {
    tenantId: 'acme',
    phone: '+5511955550101',
    text: 'Oi',
  })
  matchProblem(
    t,
    await postFile(api, 'image', FILES.png, { ticketId: second, contactId }),
    400,
    'VALIDATION_ERROR',
  )
})

t.test('nothing is uploaded for a person who was erased', async (t) => {
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone: '+5511955550102', text: 'Oi' })
  const { contact_id: contactId } = await db
    .selectFrom('ticket')
    .select('contact_id')
    .where('id', '=', ticketId)
    .executeTakeFirstOrThrow()
  await sql`update contact set phone = null, lid = null, erased_at = now() where id = ${contactId}`.execute(
    db,
  )
  const before = await keptBy(api)
  for (const fields of [{ ticketId }, { contactId }, { ticketId, contactId }]) {
    matchProblem(t, await postFile(api, 'image', FILES.png, fields), 404, 'NOT_FOUND')
  }
  t.same(await keptBy(api), before)
})

t.test('an upload that is deleted is gone with its bytes, and the audit trail tells by whom', async (t) => {
  const id = await uploadOf(api, 'image', FILES.png)
  const before = await keptBy(api)
  const remove = (key: string) =>
    app.inject({ method: 'DELETE', url: `/api/whatsapp/uploads/${id}`, headers: { 'x-api-key': key } })
  matchProblem(t, await remove(keys.other), 404, 'UPLOAD_NOT_FOUND')
  t.equal((await remove(keys.acme)).statusCode, 204)
  t.same(await keptBy(api), { rows: before.rows - 1, files: before.files - 1 })
  matchProblem(t, await remove(keys.acme), 404, 'UPLOAD_NOT_FOUND')
  matchProblem(t, await ask(`/api/uploads/${id}`), 404, 'UPLOAD_NOT_FOUND')
  const audited = await db
    .selectFrom('audit_entry')
    .select('action')
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  t.same(audited, [{ action: 'CREATED' }, { action: 'DELETED' }])
})

t.test('an upload whose time is over is not given out any more', async (t) => {
  const answer = await postFile(api, 'image', FILES.png)
  const { uploadId, resourceUrl } = answer.json()
  await sql`update upload set expires_at = now() - interval '1 second' where id = ${uploadId}`.execute(db)
  matchProblem(t, await ask(pathOf(resourceUrl), {}), 410, 'UPLOAD_EXPIRED')
  matchProblem(t, await ask(`/api/whatsapp/uploads/${uploadId}`), 410, 'UPLOAD_EXPIRED')
})
