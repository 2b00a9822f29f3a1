import t from 'tap'
import { run } from '../scripts/prove/outbox.ts'
import { runProof } from './run-proof.ts'

t.test(
  'each message is sent once and in order, and its records tell its whole way, while processes are killed',
  (t) => runProof(t, run, ['--kills', '3', '--messages', '60', '--recipients', '10']),
)
