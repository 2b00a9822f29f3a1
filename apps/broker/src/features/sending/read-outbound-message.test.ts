import type { ProblemCode } from '@carteiro/contracts/problem'
import { test } from 'tap'
import { readOutboundMessage } from './read-outbound-message.ts'

const to = '+5511988887777'

test('the text may be spelled message, text or content', async (t) => {
  for (const name of ['message', 'text', 'content']) {
    t.match(readOutboundMessage({ to, [name]: 'hello' }, 'main'), { to, type: 'text', message: 'hello' })
  }
})

const refused: [string, Record<string, unknown>, ProblemCode][] = [
  ['a type the broker cannot send', { to, type: 'image', mediaUrl: 'x' }, 'UNSUPPORTED_TYPE'],
  ['a message without text', { to }, 'INVALID_PAYLOAD'],
  ['an empty text', { to, text: '' }, 'INVALID_PAYLOAD'],
  ['a body that names another instance', { to, text: 'x', instanceId: 'other' }, 'INVALID_PAYLOAD'],
  ['a type that is no text', { to, text: 'x', type: 7 }, 'INVALID_PAYLOAD'],
]
for (const [what, body, code] of refused) {
  test(`${what} is refused with its code`, async (t) => {
    t.throws(() => readOutboundMessage(body, 'main'), { code })
  })
}
