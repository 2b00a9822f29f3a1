import fc from 'fast-check'
import { test } from 'tap'
import { messageId } from './message-id.ts'

test('the same key of the same instance always leaves under the same WhatsApp id', async (t) => {
  t.equal(messageId('main', 'order-1'), messageId('main', 'order-1'))
  t.match(messageId('main', 'order-1'), /^3EB0[0-9A-F]{18}$/)
})

test('another key or another instance leaves under another id', async (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (instance, key, other) => {
      fc.pre(key !== other)
      return messageId(instance, key) !== messageId(instance, other)
    }),
  )
  t.not(messageId('a', 'bc'), messageId('ab', 'c'))
})
