import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, domain, keys, keyWith } = await startApi(t)

const call = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
  key: string = keys.acme,
) => app.inject({ method, url, headers: { 'x-api-key': key }, ...(payload ? { payload } : {}) })

const queues = async () => (await call('GET', '/api/v1/queues')).json().items
const ticket = async (id: string) => (await call('GET', `/api/tickets/${id}`)).json()
let phones = 0
const write = async () => {
  const phone = `+55119777${String(++phones).padStart(5, '0')}`
  return (await receiveMessage(domain, { tenantId: 'acme', phone, text: 'Oi!' })).ticketId
}

/** The one that a tenant begins with. */
const [first] = await queues()
await call('PATCH', `/api/v1/queues/${first.id}`, { isDefault: false })

t.test('tickets that were opened in no queue are placed when there is a default one', async (t) => {
  const waiting = await Promise.all([write(), write(), write()])
  t.equal((await ticket(waiting[0])).queueId, null)
  const made = await call('POST', '/api/v1/queues', { name: 'Sales', isDefault: true })
  t.equal(made.statusCode, 201, made.body)
  const { id } = made.json()
  for (const one of waiting) t.match(await ticket(one), { queueId: id, version: 2 })
  t.equal((await ticket(await write())).queueId, id, 'and new ones go there')
})

t.test('there is one default queue, and the newest wish counts', async (t) => {
  const { id } = (await call('POST', '/api/v1/queues', { name: 'Support', isDefault: true })).json()
  t.match(await queues(), [
    { name: 'Default', isDefault: false },
    { name: 'Sales', isDefault: false },
    { name: 'Support', isDefault: true },
  ])
  const renamed = await call('PATCH', `/api/v1/queues/${id}`, { name: 'Help', isDefault: false })
  t.match(renamed.json(), { id, name: 'Help', isDefault: false })
  t.equal((await ticket(await write())).queueId, null)
  t.match(
    (
      await Promise.all(
        ['A', 'B', 'C'].map((name) => call('POST', '/api/v1/queues', { name, isDefault: true })),
      )
    ).map(({ statusCode }) => statusCode),
    [201, 201, 201],
  )
  t.equal((await queues()).filter(({ isDefault }: { isDefault: boolean }) => isDefault).length, 1)
})

t.test('a queue is deleted when no open ticket is in it', async (t) => {
  const { id } = (await call('POST', '/api/v1/queues', { name: 'Short' })).json()
  const one = await write()
  const moved = await call('PATCH', `/api/tickets/${one}`, { queueId: id })
  t.equal(moved.json().queueId, id)
  matchProblem(t, await call('DELETE', `/api/v1/queues/${id}`), 409, 'QUEUE_IN_USE')
  await call('PATCH', `/api/tickets/${one}`, { status: 'closed' })
  t.equal((await call('DELETE', `/api/v1/queues/${id}`)).statusCode, 204)
  t.equal((await ticket(one)).queueId, null)
  matchProblem(t, await call('DELETE', `/api/v1/queues/${id}`), 404, 'QUEUE_NOT_FOUND')
})

t.test('what is no queue is refused, and the default one stays', async (t) => {
  const before = await queues()
  matchProblem(t, await call('POST', '/api/v1/queues', { name: 'Sales' }), 409, 'QUEUE_ALREADY_EXISTS')
  matchProblem(t, await call('POST', '/api/v1/queues', { name: '' }), 400, 'VALIDATION_ERROR')
  matchProblem(
    t,
    await call('POST', '/api/v1/queues', { name: 'New', color: 'red' }),
    400,
    'VALIDATION_ERROR',
  )
  const unknown = await call('PATCH', `/api/v1/queues/${newId()}`, { isDefault: true })
  matchProblem(t, unknown, 404, 'QUEUE_NOT_FOUND')
  t.same(await queues(), before)
  const reader = await keyWith('read', 'send')
  matchProblem(t, await call('POST', '/api/v1/queues', { name: 'New' }, reader), 403, 'INSUFFICIENT_SCOPE')
})
