import t from 'tap'
import { run } from '../scripts/prove/outbox.ts'

t.test(
  'each message is sent once and in order, and its records tell its whole way, while processes are killed',
  async (t) => {
    t.capture(console, 'log')
    t.capture(console, 'table')
    t.equal(await run(['--kills', '4', '--messages', '80', '--recipients', '10', '--seconds', '120']), 0)
  },
)
