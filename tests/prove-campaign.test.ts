import t from 'tap'
import { run } from '../scripts/prove/campaign.ts'
import { runProof } from './run-proof.ts'

// How exactly the pace is kept, and how fast the others are, is a matter of the machine: only doubling it would be ours.
const LENIENT = ['--tolerance', '0.8', '--within', '60000']

t.test('two workers share the pace of a campaign, and messages of other instances overtake it', (t) =>
  runProof(t, run, ['--messages', '200', '--pace', '120', '--window', '5', '--probes', '6', ...LENIENT]),
)
