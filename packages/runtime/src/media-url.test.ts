import fc from 'fast-check'
import t from 'tap'
import { isPublicAddress, refuseMediaUrl } from './media-url.ts'

const NOT_PUBLIC = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.0.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '::8.8.8.8',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '100::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
]
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '172.32.0.1',
  '192.169.0.1',
  '2606:4700::1111',
  '2a00:1450::200e',
]

t.test('addresses of networks that are not public are known, however they are written', async (t) => {
  for (const address of NOT_PUBLIC) t.notOk(isPublicAddress(address), address)
  for (const address of PUBLIC) t.ok(isPublicAddress(address), address)
})

t.test('no address of a private network is ever public, also inside an IPv6 address', async () => {
  const byte = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(byte, byte, byte, (b, c, d) => {
      const own = [
        `10.${b}.${c}.${d}`,
        `127.${b}.${c}.${d}`,
        `192.168.${c}.${d}`,
        `169.254.${c}.${d}`,
        `${224 + (b % 32)}.${b}.${c}.${d}`,
      ]
      return own.every((address) => !isPublicAddress(address) && !isPublicAddress(`::ffff:${address}`))
    }),
  )
})

const REFUSED = [
  'file:///etc/passwd',
  'ftp://example.com/a',
  'gopher://example.com',
  'data:text/plain,a',
  'javascript:alert(1)',
  'nothing',
  'http://user@example.com/',
  'https://user:secret@example.com/',
  'https://:secret@example.com/',
  'http://localhost/',
  'http://LOCALHOST:8080/',
  'http://localhost./',
  'http://a.localhost/',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[fd00::1]/',
  'http://169.254.169.254/latest/meta-data',
  'http://\u2460\u2461\u2466.0.0.1/',
  'http://127\u30020\u30020\u30021/',
]

t.test('the form of a URL and an address written in it are judged without the network', async (t) => {
  for (const url of REFUSED) t.type(refuseMediaUrl(url, new Set()), 'string', url)
  for (const url of [
    'https://example.com/a.pdf',
    'http://example.com:8080/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
  ]) {
    t.equal(refuseMediaUrl(url, new Set()), undefined, url)
  }
})

t.test('a host that is allowed may be ours, a port of it that is not named may not', async (t) => {
  const allowed = new Set(['minio', '127.0.0.1:9000', '[::1]:80'])
  for (const url of ['http://minio/a', 'https://minio:9000/a', 'http://127.0.0.1:9000/a', 'http://[::1]/a']) {
    t.equal(refuseMediaUrl(url, allowed), undefined, url)
  }
  for (const url of [
    'http://127.0.0.1:9001/a',
    'http://127.0.0.1/a',
    'https://[::1]/a',
    'ftp://minio/a',
    'http://a@minio/',
  ]) {
    t.type(refuseMediaUrl(url, allowed), 'string', url)
  }
})
