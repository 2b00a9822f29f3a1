import t from 'tap'
import { run } from '../scripts/prove/session.ts'
import { runProof } from './run-proof.ts'

const CUTS = ['--cuts', '4', '--ways', 'clean,mid-frame,delayed', '--kills', '0']

t.test(
  'messages of every kind and their receipts survive connections that break, each once and in order',
  (t) => runProof(t, run, [...CUTS, '--messages', '48', '--chats', '2']),
)
