import { test } from 'tap'
import { GentleQueries } from './ask-gently.ts'

/** As Baileys throws what WhatsApp answered. */
const refusal = (code: number) => Object.assign(new Error('refused'), { data: code })

test('the same question is asked once at a time, and everybody gets its answer', async (t) => {
  const queries = new GentleQueries()
  const answer = Promise.withResolvers<string>()
  let asked = 0
  const query = () => {
    asked += 1
    return answer.promise
  }
  const all = [1, 2, 3].map(() => queries.ask('main groups', 'all', query))
  answer.resolve('yes')
  t.same(await Promise.all(all), ['yes', 'yes', 'yes'])
  t.equal(asked, 1)
  await queries.ask('main groups', 'all', query)
  t.equal(asked, 2, 'what is answered is not kept here')
})

for (const [what, error, code] of [
  ['refused for being too many', refusal(429), 'RATE_LIMITED'],
  ['not answered', Object.assign(new Error('Timed Out'), { output: { statusCode: 408 } }), 'BROKER_ERROR'],
] as const) {
  test(`after a question was ${what}, no other of its kind reaches WhatsApp for a while`, async (t) => {
    const queries = new GentleQueries()
    await t.rejects(
      queries.ask('main groups', 'all', () => Promise.reject(error)),
      { code, retryAfterSeconds: Number },
    )
    let asked = 0
    const query = async () => {
      asked += 1
    }
    for (const group of ['1@g.us', '2@g.us']) {
      await t.rejects(queries.ask('main groups', group, query), {
        code: 'RATE_LIMITED',
        retryAfterSeconds: Number,
      })
    }
    t.equal(asked, 0)
    await queries.ask('main numbers', '55', query)
    await queries.ask('other groups', 'all', query)
    t.equal(asked, 2, 'other kinds and other instances are not held up')
  })
}

test('a question that is refused for what it asks stops no other', async (t) => {
  const queries = new GentleQueries()
  const refused = refusal(403)
  await t.rejects(
    queries.ask('main groups', '1@g.us', () => Promise.reject(refused)),
    refused,
  )
  t.equal(await queries.ask('main groups', '2@g.us', async () => 'ours'), 'ours')
})

test('a connection that closes is no reason to wait', async (t) => {
  const queries = new GentleQueries()
  const closed = Object.assign(new Error('Connection Closed'), { output: { statusCode: 428 } })
  await t.rejects(
    queries.ask('main groups', 'all', () => Promise.reject(closed)),
    { code: 'BROKER_ERROR' },
  )
  t.equal(await queries.ask('main groups', 'all', async () => 'again'), 'again')
})
