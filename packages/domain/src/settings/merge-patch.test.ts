import fc from 'fast-check'
import t from 'tap'
import { mergePatch } from './merge-patch.ts'

t.test('what is left out stays, null removes, objects merge, anything else replaces', async (t) => {
  const table: [stored: unknown, patch: Record<string, unknown>, merged: object][] = [
    [{ a: 1 }, {}, { a: 1 }],
    [{ a: 1 }, { a: 2 }, { a: 2 }],
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: null }, { b: 2 }],
    [{ a: 1 }, { a: undefined }, { a: 1 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 3 } }, { a: { b: 3, c: 2 } }],
    [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 'text' }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{}, { a: { b: null } }, { a: {} }],
    [null, { a: 1 }, { a: 1 }],
    [['a'], { a: 1 }, { a: 1 }],
  ]
  for (const [stored, patch, merged] of table)
    t.same(mergePatch(stored, patch), merged, JSON.stringify([stored, patch]))
})

t.test('the same patch once more changes nothing, and neither argument is touched', async (t) => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue())
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(objects, objects, (stored, patch) => {
        const before = JSON.stringify([stored, patch])
        const once = mergePatch(stored, patch)
        t.same(mergePatch(once, patch), once)
        return JSON.stringify([stored, patch]) === before
      }),
      { numRuns: 50 },
    ),
  )
})
