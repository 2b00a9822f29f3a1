import { newId } from '@carteiro/database/new-id'
import { fillPerson } from '@carteiro/domain/testing/fill-person'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)
const { contactId } = await fillPerson(domain, {
  phone: '+5511987654301',
  lid: '98765430100001@lid',
  mark: 'mk7f3a',
})

const get = (id: string, key = keys.acme) =>
  app.inject({ url: `/api/contacts/${id}/export`, headers: { 'x-api-key': key } })
const audited = () =>
  db.selectFrom('audit_entry').selectAll().where('action', '=', 'EXPORTED').orderBy('id').execute()

t.test(
  'an administrator gets all that is held of a contact as a file, and the audit trail tells it',
  async (t) => {
    const answer = await get(contactId)
    t.equal(answer.statusCode, 200)
    t.match(answer.headers, {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="contact-${contactId}.json"`,
      'cache-control': 'no-store',
    })
    t.match(answer.json(), { contact: { id: contactId, name: 'mk7f3a name' }, complete: true })
    const [entry, ...others] = await audited()
    t.same(others, [])
    t.match(entry, { actor: /^key:/, entity_type: 'contact', entity_id: contactId, details: {} })
  },
)

t.test('whoever may not, or asks for nobody, gets nothing and leaves no entry', async (t) => {
  const before = await audited()
  matchProblem(t, await get(contactId, await keyWith('read', 'send')), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await get(contactId, keys.other), 404, 'NOT_FOUND')
  matchProblem(t, await get(newId()), 404, 'NOT_FOUND')
  matchProblem(t, await get('everybody'), 400, 'VALIDATION_ERROR')
  t.same(await audited(), before)
})
