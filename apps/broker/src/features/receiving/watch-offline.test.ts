import { EventEmitter } from 'node:events'
import { mock } from 'node:test'
import { test } from 'tap'
import { type OfflineCount, watchOffline } from './watch-offline.ts'

const QUIET_MS = 30_000

/** Plays a connection: `tick` lets the quiet time pass. @returns the gaps that were told */
function play(act: (line: ReturnType<typeof lineOf>) => void): OfflineCount[] {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const gaps: OfflineCount[] = []
    const stanzas = new EventEmitter()
    const watch = watchOffline(stanzas, QUIET_MS, (gap) => gaps.push(gap))
    act(lineOf(stanzas, watch.end))
    mock.timers.tick(QUIET_MS)
    return gaps
  } finally {
    mock.timers.reset()
  }
}

const lineOf = (stanzas: EventEmitter, end: () => void) => ({
  announce: (tag: 'offline_preview' | 'offline', count: number) =>
    stanzas.emit(`CB:ib,,${tag}`, {
      tag: 'ib',
      attrs: {},
      content: [{ tag, attrs: { count: String(count) } }],
    }),
  comes: (tag: 'message' | 'receipt', id: string, attrs: Record<string, string> = { offline: '1' }) =>
    stanzas.emit(`CB:${tag}`, { tag, attrs: { id, from: 'a@s.whatsapp.net', ...attrs } }),
  tick: () => mock.timers.tick(QUIET_MS - 1),
  end,
})

test('nothing is missing when all that was announced came', async (t) => {
  const gaps = play(({ announce, comes }) => {
    announce('offline_preview', 2)
    comes('message', 'A')
    comes('receipt', 'A')
    announce('offline', 2)
  })
  t.same(gaps, [])
})

test('a stanza that is missing is told once, and one that comes twice does not stand for it', async (t) => {
  const gaps = play(({ announce, comes }) => {
    announce('offline_preview', 3)
    comes('message', 'A')
    comes('message', 'A')
    comes('message', 'B')
    announce('offline', 3)
  })
  t.same(gaps, [{ expected: 3, seen: 2 }])
})

test('a line that stays silent before it said its last word is a gap, a slow one is none', async (t) => {
  const silent = play(({ announce, comes, tick }) => {
    announce('offline_preview', 3)
    tick()
    comes('message', 'A')
    tick()
    comes('message', 'B')
  })
  t.same(silent, [{ expected: 3, seen: 2 }])
  const slow = play(({ announce, comes, tick }) => {
    announce('offline_preview', 2)
    for (const id of ['A', 'B']) {
      tick()
      comes('message', id)
    }
  })
  t.same(slow, [])
})

test('the last word counts: what the server dropped itself is not missing', async (t) => {
  const gaps = play(({ announce, comes }) => {
    announce('offline_preview', 5)
    comes('message', 'A')
    announce('offline', 1)
  })
  t.same(gaps, [])
})

test('of a connection that ends nothing is missing: it comes again', async (t) => {
  const gaps = play(({ announce, end }) => {
    announce('offline_preview', 5)
    end()
    announce('offline', 5)
  })
  t.same(gaps, [])
})

test('what is written while the instance is there is not counted', async (t) => {
  const gaps = play(({ announce, comes }) => {
    announce('offline_preview', 1)
    comes('message', 'LIVE', {})
    announce('offline', 1)
  })
  t.same(gaps, [{ expected: 1, seen: 0 }])
})
