import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import { test } from 'tap'
import { requestHash } from './request-hash.ts'

const jid = '5511988887777@s.whatsapp.net'
const image = (url: string, more = {}): BrokerOutboundMessage => ({
  to: '+5511988887777',
  type: 'image',
  media: { url },
  ...more,
})
const hash = (message: BrokerOutboundMessage) => requestHash(jid, message).toString('hex')

test('a file is the same while its address is, however often that is signed anew', async (t) => {
  const once = image('https://files.example/a.png?v=1&X-Amz-Signature=one&X-Amz-Date=1')
  t.equal(hash(once), hash(image('https://files.example/a.png?v=1&X-Amz-Signature=two&X-Amz-Date=2')))
  t.equal(hash(once), hash({ ...once, externalId: 'x', metadata: { try: 2 } }), 'notes beside it may change')
})

test('another file, another caption, another quote is another message', async (t) => {
  const once = hash(image('https://files.example/a.png?v=1'))
  for (const other of [
    image('https://files.example/a.png?v=2'),
    image('https://files.example/b.png?v=1'),
    image('https://files.example/a.png?v=1', { caption: 'a cat' }),
    image('https://files.example/a.png?v=1', { quotedMessageId: '3A01' }),
    { ...image(''), media: { base64: 'AAAA' } },
  ]) {
    t.not(hash(other), once)
  }
})
