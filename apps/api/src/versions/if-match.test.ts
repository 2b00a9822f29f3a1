import { Problem } from '@carteiro/contracts/problem'
import t from 'tap'
import { readIfMatch, writeVersion } from './if-match.ts'

const CASES: [header: string | undefined, version: number | undefined][] = [
  [undefined, undefined],
  ['*', undefined],
  [writeVersion(3), 3],
  ['W/"12"', 12],
  [' 0 ', 0],
]

t.test('If-Match names the version that was read', async (t) => {
  for (const [header, version] of CASES) t.equal(readIfMatch(header), version, String(header))
  for (const header of ['', '"x"', '"1", "2"', '-1', '"1', '1.5']) {
    t.throws(() => readIfMatch(header), Problem, header)
  }
})
