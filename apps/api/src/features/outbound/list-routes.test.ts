import { cancelDelivery } from '@carteiro/domain/outbox/cancel-delivery'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const URL_ = '/api/v1/outbound/messages'
const { app, domain, keys, keyWith } = await startApi(t)

const get = (path: string, query: Record<string, string> = {}, key = keys.acme) =>
  app.inject({ url: URL_ + path, query, headers: { 'x-api-key': key } })

async function queue(fields: object, key = keys.acme): Promise<string> {
  const payload = { to: '+5511955570001', text: 'Hello', ...fields }
  return (await app.inject({ method: 'POST', url: URL_, headers: { 'x-api-key': key }, payload })).json().id
}

const number = await queue({ dossierId: 456 })
const text = await queue({ dossierId: '456', to: '+5511955570002' })
const padded = await queue({ dossierId: '0456' })
const cancelled = await queue({})
await cancelDelivery(domain, { tenantId: 'acme', id: cancelled, actor: 'test', requestId: 'request-1' })
const theirs = await queue({ dossierId: 456 }, keys.other)

const idsOf = (response: Awaited<ReturnType<typeof get>>): string[] =>
  response.json().items.map(({ id }: { id: string }) => id)

t.test('messages are listed newest first, as each of them is read', async (t) => {
  const response = await get('')
  t.equal(response.statusCode, 200)
  t.same(idsOf(response), [cancelled, padded, text, number])
  t.equal(response.json().nextCursor, null)
  t.match((await get(`/${text}`)).json(), response.json().items[2])
})

t.test('a filter finds what it names, and nothing else', async (t) => {
  const table: [query: Record<string, string>, ids: string[]][] = [
    [{ dossierId: '456' }, [text, number]],
    [{ dossierId: '0456' }, [padded]],
    [{ dossierId: '457' }, []],
    [{ dossierId: 'NaN' }, []],
    [{ status: 'CANCELLED' }, [cancelled]],
    [{ status: 'QUEUED' }, [padded, text, number]],
    [{ to: '55 11 95557-0002' }, [text]],
    [{ to: '5511955570002@s.whatsapp.net' }, [text]],
    [{ to: '+5511955570001', status: 'QUEUED', dossierId: '456' }, [number]],
  ]
  for (const [query, ids] of table) t.same(idsOf(await get('', query)), ids, JSON.stringify(query))
})

t.test('page by page every message is given once, also while new ones come', async (t) => {
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page = await get('', { limit: '1', ...(cursor === null ? {} : { cursor }) })
    seen.push(...idsOf(page))
    cursor = page.json().nextCursor
    if (seen.length === 2) await queue({ text: 'meanwhile' })
  } while (cursor !== null)
  t.same(seen, [cancelled, padded, text, number])
})

t.test('numbered pages count from nought and tell how many there are', async (t) => {
  t.match((await get('/paginated', { dossierId: '456' })).json(), {
    content: [{ id: text }, { id: number }],
    page: 0,
    size: 20,
    totalElements: 2,
    totalPages: 1,
  })
  t.match((await get('/paginated', { dossierId: '456', page: '1', size: '1' })).json(), {
    content: [{ id: number }],
    page: 1,
    size: 1,
    totalElements: 2,
    totalPages: 2,
  })
  t.match((await get('/paginated', { dossierId: '456', page: '7' })).json(), {
    content: [],
    totalElements: 2,
  })
  t.match((await get('/paginated', { dossierId: 'none' })).json(), {
    content: [],
    totalElements: 0,
    totalPages: 0,
  })
})

t.test('a tenant sees its own', async (t) => {
  t.same(idsOf(await get('', {}, keys.other)), [theirs])
  t.match((await get('/paginated', { dossierId: '456' }, keys.other)).json(), { totalElements: 1 })
})

t.test('what a list cannot take is refused by its field', async (t) => {
  const table: [path: string, query: Record<string, string>, field: string][] = [
    ['', { limit: '0' }, 'limit'],
    ['', { limit: '201' }, 'limit'],
    ['', { cursor: 'made up' }, 'cursor'],
    ['', { status: 'GONE' }, 'status'],
    ['', { dossierId: '' }, 'dossierId'],
    ['', { dossierId: 'a\u0000b' }, 'dossierId'],
    ['/paginated', { page: '-1' }, 'page'],
    ['/paginated', { page: '10001' }, 'page'],
    ['/paginated', { page: 'one' }, 'page'],
    ['/paginated', { size: '0' }, 'size'],
    ['/paginated', { size: '201' }, 'size'],
  ]
  for (const [path, query, field] of table) {
    const { details } = matchProblem(t, await get(path, query), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path: `querystring.${field}` }], JSON.stringify(query))
  }
  t.match(matchProblem(t, await get('', { to: 'Maria' }), 422, 'INVALID_TO').details, [
    { path: 'querystring.to' },
  ])
  matchProblem(t, await get('', {}, await keyWith('send')), 403, 'INSUFFICIENT_SCOPE')
})
