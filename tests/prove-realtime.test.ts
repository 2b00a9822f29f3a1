import t from 'tap'
import { run } from '../scripts/prove/realtime.ts'
import { runProof } from './run-proof.ts'

t.test('every client ends with the same events, while connections drop and processes are killed', (t) =>
  runProof(t, run, [
    ...['--sockets', '6', '--streams', '6', '--rate', '20'],
    ...['--drops', '3', '--slow', '1'],
  ]),
)
