import { newId } from '@carteiro/database/new-id'
import { saveTold } from '@carteiro/domain/contacts/save-told'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { applyChange } from '@carteiro/domain/messages/apply-change'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { keepSearchable } from '@carteiro/domain/search/keep-searchable'
import {
  editEnvelope,
  envelopeBase,
  messageEnvelope,
  revokeEnvelope,
} from '@carteiro/domain/testing/envelopes'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys } = await startApi(t)

const get = (path: string, query: Record<string, string>, key = keys.acme) =>
  app.inject({ url: path, query, headers: { 'x-api-key': key } })
const search = (q: string, more: Record<string, string> = {}, key = keys.acme) =>
  get('/api/messages/search', { q, ...more }, key)
interface Hit {
  message: { id: string; text: string; ticketId: string }
  contact: { name: string | null }
}
const textsOf = async (q: string, key = keys.acme) =>
  (await search(q, {}, key)).json().items.map(({ message }: Hit) => message.text)

const PHONE = '+5511933330000'
const say = (text: string, phone = PHONE, tenantId = 'acme') =>
  receiveMessage(domain, { tenantId, phone, text })
/** What the worker does each second. */
const readAll = async () => {
  while (await keepSearchable(domain));
}

t.beforeEach(async () => {
  await sql`truncate ticket, message, contact, flow_state, timeline_entry, notification cascade`.execute(db)
})

t.test('what was said is found by its words, the newest first, with accents or without', async (t) => {
  await say('Quero saber da AÇÃO')
  await say('A acao foi boa')
  await say('Nada a ver')
  await readAll()
  t.same(await textsOf('ação'), ['A acao foi boa', 'Quero saber da AÇÃO'])
  t.same(await textsOf('Acão fo'), ['A acao foi boa'])
  t.same(await textsOf('"foi boa"'), ['A acao foi boa'])
  t.same(await textsOf('"boa foi"'), [])
  const [hit] = (await search('saber')).json().items
  t.match(hit, {
    message: { text: 'Quero saber da AÇÃO', direction: 'inbound' },
    contact: { phone: PHONE },
    snippet: { text: 'Quero saber da AÇÃO', matches: [{ from: 6, to: 11 }] },
  })
})

t.test('a tenant finds what is its own', async (t) => {
  await say('segredo de acme')
  await say('segredo de other', PHONE, 'other')
  await readAll()
  t.same(await textsOf('segredo'), ['segredo de acme'])
  t.same(await textsOf('segredo', keys.other), ['segredo de other'])
})

t.test('an edited message is found by what it says then, and a revoked one by nothing', async (t) => {
  const [edited, revoked] = [
    messageEnvelope({ text: 'primeira versao' }),
    messageEnvelope({ text: 'tirada depois' }),
  ]
  for (const envelope of [edited, revoked]) await commit(domain, (work) => saveMessage(work, envelope))
  await readAll()
  t.same(await textsOf('versao'), ['primeira versao'])
  const timestamp = new Date().toISOString()
  const targetMessageId = edited.providerMessageId
  await commit(domain, (work) =>
    applyChange(work, editEnvelope({ targetMessageId, text: 'outra redacao', timestamp })),
  )
  await commit(domain, (work) =>
    applyChange(work, revokeEnvelope({ targetMessageId: revoked.providerMessageId, timestamp })),
  )
  t.same(await textsOf('versao'), [], 'before it is read anew, too')
  t.same(await textsOf('tirada'), [])
  await readAll()
  t.same(await textsOf('versao'), [])
  t.same(await textsOf('redacao'), ['outra redacao'])
  t.same(await textsOf('tirada'), [])
})

t.test('one that is edited before its words were read is found by what it says then', async (t) => {
  const envelope = messageEnvelope({ text: 'primeira versao' })
  await commit(domain, (work) => saveMessage(work, envelope))
  const targetMessageId = envelope.providerMessageId
  await commit(domain, (work) =>
    applyChange(
      work,
      editEnvelope({ targetMessageId, text: 'outra redacao', timestamp: new Date().toISOString() }),
    ),
  )
  await readAll()
  t.same([await textsOf('versao'), await textsOf('redacao')], [[], ['outra redacao']])
})

t.test('an edit while the words are read is never missed', async (t) => {
  const envelopes = Array.from({ length: 30 }, (_, n) => messageEnvelope({ text: `antes ${n}` }))
  for (const envelope of envelopes) await commit(domain, (work) => saveMessage(work, envelope))
  const edit = (targetMessageId: string) =>
    commit(domain, (work) =>
      applyChange(
        work,
        editEnvelope({ targetMessageId, text: 'depois', timestamp: new Date().toISOString() }),
      ),
    )
  await Promise.all([readAll(), readAll(), ...envelopes.map((one) => edit(one.providerMessageId))])
  await readAll()
  t.same(await textsOf('antes'), [])
  t.equal((await search('depois', { limit: '200' })).json().items.length, 30)
})

t.test('what is deleted, or has no text any more, is not found', async (t) => {
  const { messageId } = await say('some texto')
  await say('fica o texto')
  await readAll()
  await sql`update message set text = null where text = 'fica o texto'`.execute(db)
  t.same(await textsOf('texto'), ['some texto'])
  await sql`delete from timeline_entry where message_id = ${messageId}`.execute(db)
  await sql`delete from message where id = ${messageId}`.execute(db)
  await readAll()
  t.same(await textsOf('texto'), [])
})

t.test('pages go on where the one before ended, while more is said', async (t) => {
  for (let n = 0; n < 7; n++) await say(`igual ${n}`)
  await readAll()
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const answer: { items: Hit[]; nextCursor: string | null } = (
      await search('igual', { limit: '3', ...(cursor === '' ? {} : { cursor }) })
    ).json()
    seen.push(...answer.items.map(({ message }) => message.text))
    cursor = answer.nextCursor
    await say('igual e mais nova')
    await readAll()
  }
  t.same(
    seen,
    [6, 5, 4, 3, 2, 1, 0].map((n) => `igual ${n}`),
  )
})

t.test('hits of many runs come in one order, across pages', async (t) => {
  await say('comum 0')
  await readAll()
  await sql`update search_cursor set newest = 8190`.execute(db)
  for (let n = 1; n <= 5; n++) await say(`comum ${n}`)
  await readAll()
  await sql`update search_cursor set newest = 40000`.execute(db)
  await say('comum 6')
  await readAll()
  const all = [6, 5, 4, 3, 2, 1, 0].map((n) => `comum ${n}`)
  t.same(await textsOf('comum'), all)
  const page = (await search('comum', { limit: '4' })).json()
  const rest = (await search('comum', { limit: '4', cursor: page.nextCursor })).json()
  t.same(
    [...page.items, ...rest.items].map(({ message }: Hit) => message.text),
    all,
  )
  t.equal(rest.nextCursor, null)
})

t.test('contacts and their tickets are found by name and by phone', async (t) => {
  const { ticketId } = await say('Oi', '+5511987654321')
  await say('Oi', '+5521900001111')
  const contact = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', '+5511987654321')
    .executeTakeFirstOrThrow()
  const named = await app.inject({
    method: 'PATCH',
    url: `/api/contacts/${contact.id}`,
    headers: { 'x-api-key': keys.acme },
    payload: { name: 'Dona Conceição' },
  })
  t.equal(named.statusCode, 200)
  await readAll()
  for (const typed of ['conceicao', 'Dona con', '4321', '98765-4321', '+55 (11) 98765-4321', 'dona 4321']) {
    const contacts = (await get('/api/contacts', { search: typed })).json().items
    t.match(contacts, [{ id: contact.id, name: 'Dona Conceição' }], typed)
    const tickets = (await get('/api/tickets', { search: typed, status: 'open' })).json().items
    t.match(tickets, [{ id: ticketId }], typed)
    t.same((await get('/api/contacts', { search: typed }, keys.other)).json().items, [])
    t.same((await get('/api/tickets', { search: typed }, keys.other)).json().items, [])
  }
  t.same((await get('/api/contacts', { search: 'conceicao', kind: 'group' })).json().items, [])
  t.same((await get('/api/contacts', { search: '4322' })).json().items, [])
})

t.test('a ticket is found by what was written in it, whoever wrote', async (t) => {
  const { ticketId } = await say('Quero trocar a fechadura', '+5511987654321')
  const { ticketId: other } = await say('Oi', '+5521900001111')
  await readAll()
  const find = async (typed: string, key = keys.acme) =>
    (await get('/api/tickets', { search: typed }, key)).json().items.map(({ id }: { id: string }) => id)
  t.same(await find('"a fechadura"'), [ticketId])
  t.same(await find('fecha'), [ticketId])
  t.same(await find('1111'), [other])
  t.same(await find('fecha', keys.other), [])
  t.same((await get('/api/tickets', { search: 'fecha', status: 'closed' })).json().items, [])
})

t.test('of very many contacts that are found each one is listed once, page by page', async (t) => {
  const count = 1_100
  await sql`
    with made as (
      insert into contact (tenant_id, id, phone, told_name)
      select 'acme', gen_random_uuid(), '+55117' || lpad(n::text, 8, '0'), 'Silva ' || n
      from generate_series(1, ${count}::int) n returning id
    )
    insert into ticket (tenant_id, id, contact_id, instance_id) select 'acme', id, id, 'acme-phone' from made`.execute(
    db,
  )
  await sql`insert into contact (tenant_id, id, phone, told_name)
    values ('acme', gen_random_uuid(), '+5521999990000', 'Souza')`.execute(db)
  await readAll()
  for (const path of ['/api/contacts', '/api/tickets']) {
    const seen = new Set<string>()
    let cursor: string | null = ''
    while (cursor !== null) {
      const more: Record<string, string> = cursor === '' ? {} : { cursor }
      const answer: { items: { id: string }[]; nextCursor: string | null } = (
        await get(path, { search: 'silva', limit: '200', ...more })
      ).json()
      for (const { id } of answer.items) seen.add(id)
      cursor = answer.nextCursor
    }
    t.equal(seen.size, count, path)
  }
})

t.test('a contact that went into another one is found once, by what either was called', async (t) => {
  const lid = '7788990011@lid'
  await say('Oi', PHONE)
  await commit(domain, (work) =>
    saveMessage(work, messageEnvelope({ chatKey: lid, contact: { pushName: 'Marilia' }, text: 'por lid' })),
  )
  await readAll()
  await commit(domain, (work) =>
    saveTold(work, { ...envelopeBase(), kind: 'contact', contact: {}, phone: PHONE, lid }),
  )
  await readAll()
  const [byName, byPhone] = await Promise.all(
    ['marilia', PHONE].map(async (typed) => (await get('/api/contacts', { search: typed })).json().items),
  )
  t.equal(byName.length, 1)
  t.same(byName, byPhone)
  const [hit] = (await search('lid')).json().items
  t.match(hit, { message: { text: 'por lid' }, contact: { id: byPhone[0].id } })
})

t.test('texts from before the search are found once they were read, in their order', async (t) => {
  for (const n of [1, 2, 3]) await say(`antiga ${n}`)
  await sql`
    insert into message_search (tenant_id, message_id, place)
    select tenant_id, id, row_number() over (order by number) from message`.execute(db)
  await readAll()
  t.same(await textsOf('antiga'), ['antiga 3', 'antiga 2', 'antiga 1'])
})

t.test('what is typed is no language: signs are signs', async (t) => {
  await say("it's 100% {}/\\ & 'quoted':* \u{1F600}")
  await readAll()
  const all = ["it's", "'quoted':*", '100%', 'quoted & 100', "s' | 'x", '{} 100', '\\ quoted', "it''s"]
  for (const typed of all) {
    const answer = await search(typed)
    t.equal(answer.statusCode, 200, typed)
  }
  t.equal((await textsOf("it's 100% 'quoted'")).length, 1)
  t.same(await textsOf("s' | 'x"), [])
})

t.test('what cannot be looked for is told so', async (t) => {
  const table: [query: Record<string, string>, path: string][] = [
    [{}, 'querystring.q'],
    [{ q: '' }, 'querystring.q'],
    [{ q: ' ?! ' }, 'querystring.q'],
    [{ q: 'a'.repeat(201) }, 'querystring.q'],
    [{ q: 'a '.repeat(11) }, 'querystring.q'],
    [{ q: 'a\u0000b' }, 'querystring.q'],
    [{ q: 'oi', limit: '201' }, 'querystring.limit'],
    [{ q: 'oi', cursor: 'nonsense' }, 'querystring.cursor'],
    [{ q: 'oi', cursor: Buffer.from('{"place":"1"}').toString('base64url') }, 'querystring.cursor'],
    [{ q: 'oi', cursor: Buffer.from('{"place":-1}').toString('base64url') }, 'querystring.cursor'],
    [{ q: 'oi', cursor: Buffer.from('{"place":1e300}').toString('base64url') }, 'querystring.cursor'],
  ]
  for (const [query, path] of table) {
    const { details } = matchProblem(t, await get('/api/messages/search', query), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path }], JSON.stringify(query).slice(0, 60))
  }
  for (const path of ['/api/contacts', '/api/tickets']) {
    const { details } = matchProblem(t, await get(path, { search: '--' }), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path: 'querystring.search' }], path)
  }
})

t.test('another tenant\u2019s place in a cursor shows nothing of it', async (t) => {
  for (let n = 0; n < 3; n++) await say(`so de acme ${n}`)
  await say(`de other ${newId()}`, PHONE, 'other')
  await readAll()
  const { nextCursor } = (await search('acme', { limit: '1' })).json()
  t.same((await search('acme', { cursor: nextCursor }, keys.other)).json(), { items: [], nextCursor: null })
})
