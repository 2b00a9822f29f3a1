import t from 'tap'
import { run } from '../scripts/prove/reconcile.ts'
import { runProof } from './run-proof.ts'

t.test(
  'wrong times of tickets are repaired, and nothing else, while customers write and the worker is killed',
  (t) => runProof(t, run, ['--tickets', '5000', '--messages', '100', '--kills', '1']),
)
