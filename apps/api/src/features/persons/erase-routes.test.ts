import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)
await receiveMessage(domain, { tenantId: 'acme', phone: '+5511987654301', text: 'Oi' })
const { id } = await db.selectFrom('contact').select('id').executeTakeFirstOrThrow()

const call = (method: 'GET' | 'POST', contactId: string, key = keys.acme) =>
  app.inject({ method, url: `/api/contacts/${contactId}/erase`, headers: { 'x-api-key': key } })
const audited = () =>
  db.selectFrom('audit_entry').selectAll().where('action', '=', 'ERASED').orderBy('id').execute()

t.test('before anybody asks there is nothing to tell', async (t) => {
  matchProblem(t, await call('GET', id), 404, 'NOT_FOUND')
})

t.test('whoever may not, or names nobody, erases nothing', async (t) => {
  matchProblem(t, await call('POST', id, await keyWith('read', 'send')), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await call('POST', id, keys.other), 404, 'NOT_FOUND')
  matchProblem(t, await call('POST', newId()), 404, 'NOT_FOUND')
  matchProblem(t, await call('POST', 'everybody'), 400, 'VALIDATION_ERROR')
  t.same(await db.selectFrom('contact_erasure').selectAll().execute(), [])
  t.same(await audited(), [])
})

t.test('an administrator asks once, is told how it goes, and the audit trail tells who asked', async (t) => {
  const asked = await call('POST', id)
  t.equal(asked.statusCode, 202)
  t.match(asked.json(), { contactId: id, step: 'begin', startedAt: null, finishedAt: null, messages: 0 })
  t.same((await call('POST', id)).json(), asked.json(), 'asked again, it is the same one')
  t.same((await call('GET', id)).json(), asked.json())
  const [entry, ...others] = await audited()
  t.same(others, [])
  t.match(entry, { actor: /^key:/, entity_id: id, details: { asked: 'erasure' } })
  matchProblem(t, await call('GET', id, keys.other), 404, 'NOT_FOUND')
})
