import { test } from 'tap'
import { showTyping, typingMs } from './show-typing.ts'

const message = (text: string) => ({ to: '5511988887777', type: 'text', message: text }) as const
const jid = { kind: 'phone', digits: '5511988887777' } as const
const WHOLE_MS = 25_000

const table: [what: string, text: string, leftMs: number, ms: number][] = [
  ['a short text', 'hi', WHOLE_MS, 500],
  ['a longer one', 'x'.repeat(50), WHOLE_MS, 2_000],
  ['a very long one', 'x'.repeat(5_000), WHOLE_MS, 4_000],
  ['one that waited long', 'x'.repeat(5_000), 13_000, 1_000],
  ['one whose time is nearly over', 'x'.repeat(5_000), 10_000, 0],
]
for (const [what, text, leftMs, ms] of table) {
  test(`${what} is typed for ${ms} ms`, async (t) => t.equal(typingMs(message(text), leftMs), ms))
}

test('nobody types a place', async (t) => {
  const location = { latitude: 1, longitude: 2 }
  t.equal(typingMs({ to: '5511988887777', type: 'location', location }, WHOLE_MS), 0)
})

test('typing ends at once when the broker stops, and what cannot be shown delays nothing', async (t) => {
  const shown: unknown[] = []
  const stopped = AbortSignal.abort()
  const send = { jid, message: message('hi'), deadline: Date.now() + WHOLE_MS }
  const socket = { sendPresenceUpdate: async (...given: unknown[]) => void shown.push(given) }
  await showTyping(socket, send, stopped)
  t.same(shown, [['composing', '5511988887777@s.whatsapp.net']])
  const broken = { sendPresenceUpdate: () => Promise.reject(new Error('closed')) }
  await showTyping(broken, send, new AbortController().signal)
})
