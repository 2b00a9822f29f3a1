import t from 'tap'
import { run } from '../scripts/prove/path.ts'
import { runProof } from './run-proof.ts'

t.test('no message is lost, doubled or overtaken when processes are killed and PostgreSQL restarts', (t) =>
  runProof(t, run, ['--kills', '1', '--only', 'worker while receiving,broker', '--rate', '10']),
)
