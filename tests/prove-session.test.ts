import t from 'tap'
import { run } from '../scripts/prove/session.ts'
import { runProof } from './run-proof.ts'

const STRIKES = ['--cuts', '2', '--ways', 'mid-frame,delayed', '--kills', '1']

t.test(
  'messages of every kind and their receipts survive connections that break and a broker that is killed, each once and in order',
  (t) => runProof(t, run, [...STRIKES, '--messages', '32', '--chats', '2']),
)
