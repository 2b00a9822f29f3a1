import assert from 'node:assert/strict'
import { normalizeMessageContent, proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { test } from 'tap'
import type { WrittenContent } from './phone-content.ts'
import { readContent } from './read-content.ts'
import { bytes, SENT, WRITTEN } from './test-contents.ts'
import { createMemoryMedia, createTestPeople } from './test-phones.ts'
import { writeContent } from './write-content.ts'

for (const { name, content, found, shown } of WRITTEN) {
  test(`a customer writes ${name}: Baileys opens it, and the account's phone shows it`, async (t) => {
    const { network, ana, bia, baileys } = createTestPeople(createMemoryMedia())
    const companion = baileys(bia)
    await ana.write(bia.phone, content)
    await network.settled()
    t.same(companion.unreadable, [])
    t.match(normalizeMessageContent(companion.messages[0]?.message), found)
    t.match(companion.messages[0]?.key, { fromMe: false, remoteJid: `${ana.phone}@s.whatsapp.net` })
    t.same(
      bia.shown().map((message) => message.content),
      [shown],
    )
    t.same(
      ana.shown().map((message) => message.content),
      [shown],
    )
    const [message] = bia.shown()
    if (message?.content.file) t.same(await bia.download(ana.phone, message.id), bytes)
  })
}

for (const { name, content, shown } of SENT) {
  test(`Baileys sends ${name}: the customer's phone and the account's own show it`, async (t) => {
    const { network, ana, bia, baileys } = createTestPeople()
    const companion = baileys(bia)
    const { key } = await companion.write(`${ana.phone}@s.whatsapp.net`, content)
    await network.settled()
    t.match(ana.shown(), [{ id: key.id, chat: bia.phone, from: bia.phone, stanzas: 1, content: shown }])
    t.match(bia.shown(), [{ id: key.id, chat: ana.phone, from: bia.phone, stanzas: 1, content: shown }])
    t.equal(ana.shown()[0]?.pushName, 'Baileys')
  })
}

const circumstances = fc.record(
  {
    mentions: fc.array(fc.stringMatching(/^[1-9]\d{7,14}$/), { minLength: 1, maxLength: 3 }),
    ephemeralSeconds: fc.integer({ min: 1, max: 7_776_000 }),
    viewOnce: fc.constant(true as const),
  },
  { requiredKeys: [] },
)

const word = fc.string({ unit: 'grapheme', minLength: 1 })
const phones = fc.array(fc.stringMatching(/^[1-9]\d{7,14}$/), { maxLength: 3 })

/** Content, and how it is to be read. */
const readable = fc.oneof<fc.Arbitrary<[WrittenContent, object]>[]>(
  word.map((text) => [
    { type: 'text', text },
    { type: 'text', text },
  ]),
  fc.tuple(word, fc.uniqueArray(word, { minLength: 2, maxLength: 12 })).map(([question, options]) => [
    { type: 'poll', question, options },
    { type: 'poll', text: question, poll: { options, selectableCount: 0 } },
  ]),
  fc.tuple(word, phones).map(([name, numbers]) => [
    { type: 'contact', name, phones: numbers },
    { type: 'contact', text: name, contacts: [{ name, phones: numbers }] },
  ]),
)

test('what is written in any words, under any circumstances, is read as it was written', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(readable, circumstances, ([content, expected], around) => {
        const message = writeContent(
          { ...content, ...around },
          { secret: new Uint8Array(32), jidOf: (phone) => `${phone}@s.whatsapp.net` },
        )
        const shown = readContent(proto.Message.decode(proto.Message.encode(message).finish()))
        assert.deepEqual(shown, { ...expected, ...around })
      }),
    ),
  )
})
