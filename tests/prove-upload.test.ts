import t from 'tap'
import { run } from '../scripts/prove/upload.ts'
import { runProof } from './run-proof.ts'

t.test('a file of 100 MB goes through an API that holds none of it', (t) =>
  runProof(t, run, ['--megabytes', '100', '--files', '1']),
)
