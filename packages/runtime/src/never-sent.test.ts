import { test } from 'tap'
import { wasNeverSent } from './never-sent.ts'

const coded = (code: string) => Object.assign(new Error(code), { code })

for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED']) {
  test(`a request that ends with ${code} was never sent`, async (t) => {
    t.equal(wasNeverSent(coded(code)), true)
    t.equal(wasNeverSent(new AggregateError([coded(code), coded('ECONNREFUSED')])), true)
    t.equal(wasNeverSent(new AggregateError([coded(code), coded('ECONNRESET')])), false)
  })
}

for (const error of [
  coded('ECONNRESET'),
  coded('UND_ERR_SOCKET'),
  coded('UND_ERR_HEADERS_TIMEOUT'),
  new DOMException('over', 'TimeoutError'),
  new AggregateError([]),
  new Error('ECONNREFUSED'),
  'ECONNREFUSED',
]) {
  test(`after ${String(error)} nobody knows`, async (t) => {
    t.equal(wasNeverSent(error), false)
  })
}
