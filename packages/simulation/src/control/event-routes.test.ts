import { test } from 'tap'
import { startTestSimulator } from '../test-simulator.ts'

const PHONE = '5511888880001'

test('a page hears at once that it shows something, and again whenever that changes', async (t) => {
  const { url, call } = await startTestSimulator(t)
  const stream = await fetch(`${url}/phones/${PHONE}/events`)
  t.match(stream.headers.get('content-type'), 'text/event-stream')
  const heard = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  t.match((await heard?.read())?.value, /^event: change\ndata: {"version":\d+}\n\n$/)
  await call('PATCH', `/customers/${PHONE}`, { pushName: 'Ana' })
  t.match((await heard?.read())?.value, /^event: change\n/)
  await heard?.cancel()
})

test('a hundred pages listen at a time, and one that leaves makes room for another', async (t) => {
  const { url } = await startTestSimulator(t)
  const listen = async () => {
    const leaving = new AbortController()
    const { status } = await fetch(`${url}/phones/${PHONE}/events`, { signal: leaving.signal })
    return { status, leave: () => leaving.abort() }
  }
  const pages = await Promise.all(Array.from({ length: 100 }, listen))
  t.ok(pages.every(({ status }) => status === 200))
  const late = await listen()
  t.equal(late.status, 429)

  pages[0]?.leave()
  // The server hears of it a moment later.
  let next = await listen()
  while (next.status === 429) next = await listen()
  t.equal(next.status, 200)
})
