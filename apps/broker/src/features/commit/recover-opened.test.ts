import { type BinaryNode, generateMessageID, proto, writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { type OpenedPart, toOpenedPart } from './opened-part.ts'
import { recoverOpened, toUpserts } from './recover-opened.ts'

const ME = { id: '5511912345678:1@s.whatsapp.net', lid: '100:1@lid' }
const CUSTOMER = '5511988887777@s.whatsapp.net'
const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } = proto.Message.ProtocolMessage.Type

const enc = (bytes: string): BinaryNode => ({
  tag: 'enc',
  attrs: { type: 'msg' },
  content: Buffer.from(bytes),
})

/** The parts of a message from these ciphertexts, each opened to what it says. */
function opened(attrs: Record<string, string>, contents: [string, proto.IMessage][]): OpenedPart[] {
  const nodes = contents.map(([ciphertext]) => enc(ciphertext))
  const stanza = {
    tag: 'message',
    attrs: { id: generateMessageID(), t: '1767322000', ...attrs },
    content: nodes,
  }
  return contents.map(([ciphertext, content]) => {
    const plaintext = writeRandomPadMax16(proto.Message.encode(content).finish())
    return toOpenedPart(stanza, Buffer.from(ciphertext), { me: ME }, plaintext)
  })
}

test('a message of two ciphertexts is told when both were opened, and not before', async (t) => {
  const [first, second] = opened(
    { from: '120363@g.us', participant: CUSTOMER, notify: 'Ana', offline: '3' },
    [
      ['one', { senderKeyDistributionMessage: { groupId: '120363@g.us' } }],
      ['two', { conversation: 'hello' }],
    ],
  )
  if (!first || !second) throw new Error('two parts')
  t.same(toUpserts([first]), [])
  t.same(toUpserts([second]), [])
  t.match(toUpserts([first, second]), [
    {
      type: 'append',
      messages: [
        {
          key: { remoteJid: '120363@g.us', participant: CUSTOMER, fromMe: false },
          message: { conversation: 'hello' },
          pushName: 'Ana',
        },
      ],
    },
  ])
})

const placeholder = {
  key: { remoteJid: CUSTOMER, id: '3A01', fromMe: false },
  message: { conversation: 'given' },
}
const response: proto.IMessage = {
  protocolMessage: {
    type: PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationResult: [
        {
          placeholderMessageResendResponse: {
            webMessageInfoBytes: proto.WebMessageInfo.encode(placeholder).finish(),
          },
        },
      ],
    },
  },
}

test('what the phone gives in the place of what could not be read is told, and before it is done with', async (t) => {
  const upserts = toUpserts(opened({ from: '5511912345678@s.whatsapp.net' }, [['peer', response]]))
  t.match(upserts, [{ messages: [placeholder] }, { messages: [{ key: { fromMe: true } }] }])
})

test('nobody but our own phone gives messages of others', async (t) => {
  const upserts = toUpserts(opened({ from: CUSTOMER }, [['forged', response]]))
  t.equal(upserts.length, 1)
})

test('a part whose rest did not come while WhatsApp keeps it is let go, and no other', async (t) => {
  const DAY_MS = 86_400_000
  const stored = (id: string, days: number) => {
    const parts = opened({ id, from: '120363@g.us', participant: CUSTOMER }, [
      [`${id} one`, { senderKeyDistributionMessage: { groupId: '120363@g.us' } }],
      [`${id} two`, { conversation: id }],
    ])
    return parts.map((part) => ({ ...part, openedAt: new Date(Date.now() - days * DAY_MS) }))
  }
  const [whole, old, young] = [stored('3A01', 40), stored('3A02', 40), stored('3A03', 20)]
  const told: unknown[] = []
  const recovered: number[] = []
  const settled: Buffer[] = []
  await recoverOpened(
    {
      opened: { open: async () => [whole, old.slice(0, 1), young.slice(0, 1)] },
      onUpsert: (_instanceId, { messages }) => told.push(...messages.map(({ key }) => key.id)),
      onRecovered: (_instanceId, count) => recovered.push(count),
      settle: (_instanceId, hash) => settled.push(hash),
    },
    'main',
  )
  t.same({ told, recovered, settled }, { told: ['3A01'], recovered: [1], settled: [old[0]?.messageHash] })
})
