import { INTENT_NAMES } from '@carteiro/contracts/intent'
import fc from 'fast-check'
import { test } from 'tap'
import type { JsonObject } from '../json/json-value.ts'
import { deriveIntent } from './derive-intent.ts'

const TABLE: [content: JsonObject, intent: string | undefined][] = [
  [{ text: 'Olá' }, 'text'],
  [{ templateCode: 'welcome', variables: {} }, 'template'],
  [{ question: 'When?', options: ['a', 'b'] }, 'poll'],
  [{ messageId: 'a', emoji: '' }, 'reaction'],
  [{ fullName: 'Ana', phones: [] }, 'contact'],
  [{ latitude: 0, longitude: 0 }, 'location'],
  [{ proposalId: '1', title: 'a', document: {} }, 'proposta'],
  [{ contractId: '1', title: 'a', link: 'https://example.com' }, 'contrato'],
  [{ mediaUrl: 'https://example.com/a.JPG?size=1' }, 'image'],
  [{ mediaUrl: 'https://example.com/a.mp4' }, 'video'],
  [{ mediaUrl: 'https://example.com/a.ogg' }, 'audio'],
  [{ mediaUrl: 'https://example.com/a.pdf' }, 'document'],
  [{ mediaUrl: 'https://example.com/constructor.constructor' }, 'document'],
  [{ mediaUrl: 'https://example.com/a', fileName: 'a.png' }, 'image'],
  [{ mediaUrl: 'https://example.com/a.png', mimeType: 'application/pdf' }, 'document'],
  [{ media: { base64: 'aGk=', mimeType: 'VIDEO/mp4' } }, 'video'],
  [{ media: { url: 'https://example.com/a.m4a' } }, 'audio'],
  [{ mediaUrl: 7, mimeType: 7 }, 'document'],
  [{ mediaUrl: 'https://example.com/a.png', text: 'a caption, by mistake' }, 'image'],
  [{}, undefined],
  [{ caption: 'alone' }, undefined],
]

test('a body that names no intent is told by its members', async (t) => {
  for (const [content, intent] of TABLE) t.equal(deriveIntent(content), intent, JSON.stringify(content))
})

test('whatever a body holds, what is told is an intent or nothing', async () => {
  const members = fc.constantFrom(...TABLE.flatMap(([content]) => Object.keys(content)))
  fc.assert(
    fc.property(fc.dictionary(members, fc.jsonValue()), (content) => {
      const intent = deriveIntent(content as JsonObject)
      return intent === undefined || INTENT_NAMES.includes(intent)
    }),
  )
})
