import t from 'tap'
import { run } from '../scripts/prove/inbound.ts'

t.test(
  'every message is stored once and in order, told twice and repeated, while processes are killed',
  async (t) => {
    t.capture(console, 'log')
    t.capture(console, 'table')
    t.equal(await run(['--messages', '500', '--kills', '1', '--seconds', '60']), 0)
  },
)
