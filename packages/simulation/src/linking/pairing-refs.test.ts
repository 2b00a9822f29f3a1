import { test } from 'tap'
import { createPairingRefs, REF_LIFETIMES } from './pairing-refs.ts'

function startRefs() {
  const clock = { ms: 1_000_000 }
  return { clock, refs: createPairingRefs<string>(REF_LIFETIMES, () => clock.ms) }
}

test('six refs are shown one after the other, and each is worth something until its time is over', async (t) => {
  const { clock, refs } = startRefs()
  const shown = refs.issue('a')
  t.equal(new Set(shown.refs).size, 6)
  t.equal(shown.endsAt, clock.ms + 160_000)
  const [first = '', second = ''] = shown.refs

  t.equal(refs.find(first), 'a')
  clock.ms += 59_999
  t.equal(refs.find(first), 'a')
  clock.ms += 1
  t.throws(() => refs.find(first), { code: 'QR_NOT_AVAILABLE', message: /expired/ })
  t.equal(refs.find(second), 'a')
  clock.ms += 20_000
  t.throws(() => refs.find(second), { code: 'QR_NOT_AVAILABLE', message: /expired/ })
})

test('a ref that was never shown, or whose device is gone, leads nowhere', async (t) => {
  const { refs } = startRefs()
  const [ref = ''] = refs.issue('a').refs
  const [other = ''] = refs.issue('b').refs
  t.throws(() => refs.find('2@made-up'), { code: 'QR_NOT_AVAILABLE', message: /No device/ })
  refs.forget('a')
  t.throws(() => refs.find(ref), { code: 'QR_NOT_AVAILABLE', message: /No device/ })
  t.equal(refs.find(other), 'b')
})

test('new refs make the earlier ones of the same device void', async (t) => {
  const { refs } = startRefs()
  const [first = ''] = refs.issue('a').refs
  const [second = ''] = refs.issue('a').refs
  t.throws(() => refs.find(first), { code: 'QR_NOT_AVAILABLE' })
  t.equal(refs.find(second), 'a')
})
