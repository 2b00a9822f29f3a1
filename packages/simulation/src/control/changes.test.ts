import { test } from 'tap'
import { createChanges } from './changes.ts'

const wait = () => ({ timeoutMs: 60_000, signal: new AbortController().signal })

test('who waits hears of the next change of this phone, and not of others', async (t) => {
  const changes = createChanges()
  const heard = changes.later('1', changes.version('1'), wait())
  changes.tell('2')
  t.equal(changes.version('1'), 0)
  changes.tell('1')
  t.equal(await heard, 1)
})

test('what changed while nobody waited is heard at once, as one', async (t) => {
  const changes = createChanges()
  changes.tell('1')
  changes.tell('1')
  changes.tellAll()
  t.equal(await changes.later('1', 0, wait()), 3)
})

test('a wait ends with its time, or with who waits', async (t) => {
  const changes = createChanges()
  const ended = new AbortController()
  t.equal(await changes.later('1', 0, { timeoutMs: 1, signal: ended.signal }), undefined)
  const aborted = changes.later('1', 0, { timeoutMs: 60_000, signal: ended.signal })
  ended.abort()
  t.equal(await aborted, undefined)
})
