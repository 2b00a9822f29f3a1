import t from 'tap'
import { run } from '../scripts/prove/path.ts'

t.test(
  'no message is lost, doubled or overtaken when processes are killed and PostgreSQL restarts',
  async (t) => {
    t.capture(console, 'log')
    t.capture(console, 'table')
    t.equal(
      await run([
        '--kills',
        '1',
        '--only',
        'worker while receiving,broker',
        '--rate',
        '10',
        '--seconds',
        '60',
      ]),
      0,
    )
  },
)
