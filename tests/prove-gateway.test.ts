import t from 'tap'
import { run } from '../scripts/prove/gateway.ts'
import { runProof } from './run-proof.ts'

t.test(
  'each message of brokers that cannot be called shows once and in order, while streams are cut and processes killed',
  (t) => runProof(t, run, ['--kills', '2', '--cuts', '3', '--messages', '40', '--recipients', '8']),
)
