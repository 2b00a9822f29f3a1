import { test } from 'tap'
import { weatherStorm } from './test-storm.ts'

test('in a storm of faults nothing is lost, nothing is shown twice, and the server knows who has what', async (t) => {
  for (const method of ['log', 'info', 'warn', 'error'] as const) t.capture(console, method)
  const verdict = await weatherStorm({
    seed: 5,
    accounts: 3,
    customers: 6,
    messages: 50,
    strikes: 20,
    deadlineMs: 60_000,
  })
  t.comment(JSON.stringify(verdict.repeated))
  t.match(verdict, { messages: 100, lost: [], wrong: [], disagreed: [], waiting: 0 })
  t.ok(verdict.repeated.connections > 0)
})
