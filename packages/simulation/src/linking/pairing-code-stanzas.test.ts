import { randomBytes } from 'node:crypto'
import {
  type BinaryNode,
  decodeBinaryNode,
  encodeBinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
} from '@whiskeysockets/baileys'
import { test } from 'tap'
import { primaryHello, readLinkCode } from './pairing-code-stanzas.ts'

const child = (tag: string, content: string | Uint8Array): BinaryNode => ({ tag, attrs: {}, content })

function iq(attrs: Record<string, string>, content: BinaryNode[]): BinaryNode {
  return { tag: 'iq', attrs: { id: '1' }, content: [{ tag: 'link_code_companion_reg', attrs, content }] }
}

const wrapped = randomBytes(80)
const key = randomBytes(32)
const bundle = randomBytes(156)
const hello = { jid: '5511987654321@s.whatsapp.net', stage: 'companion_hello' }
const finish = { jid: '5511987654321@s.whatsapp.net', stage: 'companion_finish' }
const HELLO = [
  child('link_code_pairing_wrapped_companion_ephemeral_pub', wrapped),
  child('companion_server_auth_key_pub', key),
  child('companion_platform_id', '1'),
  child('companion_platform_display', 'Chrome (Mac OS)'),
  child('link_code_pairing_nonce', '0'),
]
const FINISH = [
  child('link_code_pairing_wrapped_key_bundle', bundle),
  child('companion_identity_public', key),
  child('link_code_pairing_ref', Buffer.from('ref-1')),
]

test('both stanzas of a companion are read as they come over the wire', async (t) => {
  const read = async (node: BinaryNode) => readLinkCode(await decodeBinaryNode(encodeBinaryNode(node)))
  t.same(await read(iq(hello, HELLO)), {
    stage: 'companion_hello',
    phone: '5511987654321',
    wrappedEphemeral: Uint8Array.from(wrapped),
    noiseKey: Uint8Array.from(key),
    display: 'Chrome (Mac OS)',
  })
  t.same(await read(iq(finish, FINISH)), {
    stage: 'companion_finish',
    ref: 'ref-1',
    wrappedBundle: Uint8Array.from(bundle),
    companionKey: Uint8Array.from(key),
  })
})

test('a stanza that lacks something is refused by the name of what it lacks', async (t) => {
  const table = [
    [{ tag: 'iq', attrs: {} }, /no link_code_companion_reg/],
    [iq({ stage: 'primary_hello' }, []), /stage primary_hello/],
    [iq({ ...hello, jid: 'nobody' }, HELLO), /names no phone/],
    [iq({ stage: 'companion_hello' }, HELLO), /names no phone/],
    [iq(hello, HELLO.slice(1)), /wrapped_companion_ephemeral_pub must have 80 bytes/],
    [iq(hello, HELLO.slice(0, 1)), /companion_server_auth_key_pub must have 32 bytes/],
    [iq(finish, FINISH.slice(1)), /wrapped_key_bundle must have 156 bytes/],
    [iq(finish, FINISH.slice(0, 2)), /no link_code_pairing_ref/],
  ] as const
  for (const [node, message] of table) t.throws(() => readLinkCode(node), { message })
})

test("the phone's hello carries what Baileys reads of it", async (t) => {
  const node = primaryHello({
    id: '1',
    at: new Date(5_000),
    ref: 'ref-1',
    wrappedEphemeral: wrapped,
    identityKey: key,
  })
  const read = await decodeBinaryNode(encodeBinaryNode(node))
  t.match(read.attrs, { type: 'link_code_companion_reg', t: '5' })
  const content = getBinaryNodeChild(read, 'link_code_companion_reg')
  t.same(getBinaryNodeChildBuffer(content, 'primary_identity_pub'), key)
  t.equal(String(getBinaryNodeChildBuffer(content, 'link_code_pairing_ref')), 'ref-1')
})
