import t from 'tap'
import { run } from '../scripts/prove/inbound.ts'
import { runProof } from './run-proof.ts'

t.test(
  'every message is stored once and in order, told twice and repeated, while processes are killed',
  (t) => runProof(t, run, ['--messages', '500', '--kills', '1']),
)
