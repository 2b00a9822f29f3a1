import t from 'tap'
import { createLifecycle, pause } from './lifecycle.ts'
import type { Logger } from './logger.ts'

/** Keeps the lines that a lifecycle logs. */
function listeningLogger() {
  const lines: { part?: string; message: string }[] = []
  const error = (fields: { part?: string }, message: string) => void lines.push({ ...fields, message })
  return { lines, logger: { error } as unknown as Logger }
}

t.test('what was started last is stopped first, each after the one before is done', async (t) => {
  const { logger, lines } = listeningLogger()
  const lifecycle = createLifecycle(logger)
  const order: string[] = []
  const stopLate = (name: string) => async () => {
    order.push(`${name} stops`)
    await new Promise((resolve) => setImmediate(resolve))
    order.push(`${name} stopped`)
  }
  lifecycle.onStop('database', stopLate('database'))
  lifecycle.onStop('server', stopLate('server'))
  await lifecycle.stop()
  t.same(order, ['server stops', 'server stopped', 'database stops', 'database stopped'])
  t.same(lines, [])
})

t.test('the signal is aborted before anything is stopped', async (t) => {
  const lifecycle = createLifecycle(listeningLogger().logger)
  let seen: boolean | undefined
  lifecycle.onStop('loop', () => {
    seen = lifecycle.signal.aborted
  })
  t.equal(lifecycle.signal.aborted, false)
  await lifecycle.stop()
  t.equal(seen, true)
})

t.test('stopping twice stops each part once, and both calls wait for the end', async (t) => {
  const lifecycle = createLifecycle(listeningLogger().logger)
  const { promise, resolve } = Promise.withResolvers<void>()
  let stops = 0
  lifecycle.onStop('server', () => {
    stops++
    return promise
  })
  const first = lifecycle.stop()
  const second = lifecycle.stop()
  let ended = false
  void second.then(() => {
    ended = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(ended, false)
  resolve()
  await Promise.all([first, second])
  t.equal(stops, 1)
})

t.test('a part that fails to stop is named, and the others are stopped all the same', async (t) => {
  const { logger, lines } = listeningLogger()
  const lifecycle = createLifecycle(logger)
  const stopped: string[] = []
  lifecycle.onStop('database', () => void stopped.push('database'))
  lifecycle.onStop('rejects', () => Promise.reject(new Error('broken')))
  lifecycle.onStop('throws', () => {
    throw new Error('broken')
  })
  await lifecycle.stop()
  t.same(stopped, ['database'])
  t.match(lines, [{ part: 'throws' }, { part: 'rejects' }])
})

t.test(
  'a part that does not end is abandoned at the deadline and named; the rest is still told to stop',
  async (t) => {
    const { logger, lines } = listeningLogger()
    const lifecycle = createLifecycle(logger, 20)
    const told: string[] = []
    lifecycle.onStop('database', () => void told.push('database'))
    lifecycle.onStop('hangs', () => new Promise(() => undefined))
    await lifecycle.stop()
    t.same(told, ['database'])
    t.match(lines, [{ part: 'hangs', message: /deadline/ }])
  },
)

t.test('a pause ends with its time or with the signal, and leaves nothing behind', async (t) => {
  const controller = new AbortController()
  t.equal(await pause(1, controller.signal), true)
  const cut = pause(60_000, controller.signal)
  controller.abort()
  t.equal(await cut, false)
  t.equal(await pause(60_000, controller.signal), false)
})
