import { EventEmitter } from 'node:events'
import { mock } from 'node:test'
import { test } from 'tap'
import { endUnanswered } from './end-unanswered.ts'

/** Seconds at which a connection is ended on which things happen at seconds. */
function endsAt(happens: Record<number, 'open' | 'message' | 'stop'>): number | undefined {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    let second = 0
    let ended: number | undefined
    const ws = new EventEmitter()
    const stop = endUnanswered({ ws }, () => {
      ended = second
    })
    for (second = 1; second <= 60; second++) {
      mock.timers.tick(1_000)
      const event = happens[second]
      if (event === 'stop') stop()
      else if (event) ws.emit(event)
    }
    return ended
  } finally {
    mock.timers.reset()
  }
}

test('a connection that is not made, or on which WhatsApp says nothing, is ended', async (t) => {
  t.equal(endsAt({}), 20)
  t.equal(endsAt({ 10: 'open' }), 30)
})

test('one that WhatsApp answers on is left alone, and so is one that ended before', async (t) => {
  t.equal(endsAt({ 10: 'open', 15: 'message' }), undefined)
  t.equal(endsAt({ 5: 'stop' }), undefined)
})
