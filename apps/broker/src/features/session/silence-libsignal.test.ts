import { test } from 'tap'
import { silenceLibsignal } from './silence-libsignal.ts'

test('what a library prints to the console is kept back, counted, and only until it is put back', async (t) => {
  const target = globalThis.console
  const printed = t.capture(target, 'info')
  let lines = 0
  const restore = silenceLibsignal(() => {
    lines += 1
  })
  target.info('Closing session:', { privateKey: 'secret' })
  target.warn('Session already closed')
  restore()
  t.equal(lines, 2)
  t.same(printed(), [])
  target.info('again')
  t.match(printed(), [{ args: ['again'] }])
})
