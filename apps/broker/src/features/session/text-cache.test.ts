import fc from 'fast-check'
import { test } from 'tap'
import { createTextCache } from './text-cache.ts'

test('what was used longest ago leaves first when there is no more room', async (t) => {
  const cache = createTextCache(8)
  cache.set('a', 'xxx')
  cache.set('b', 'yyy')
  t.equal(cache.get('a'), 'xxx')
  cache.set('c', 'zzz')
  t.equal(cache.get('b'), undefined)
  t.equal(cache.get('a'), 'xxx')
  t.equal(cache.get('c'), 'zzz')
})

test('the cache never holds more than its bound, and never an older text', async (t) => {
  const operation = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    text: fc.string({ maxLength: 12 }),
  })
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const cache = createTextCache(20)
      const newest = new Map<string, string>()
      for (const { key, text } of operations) {
        cache.set(key, text)
        newest.set(key, text)
      }
      const held = [...newest.keys()].flatMap((key) => cache.get(key) ?? [])
      const inBound = held.reduce((sum, text) => sum + text.length, 0) <= 20
      return inBound && [...newest].every(([key, text]) => (cache.get(key) ?? text) === text)
    }),
  )
  t.end()
})
