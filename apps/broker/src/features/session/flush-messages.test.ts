import { createLogger } from '@carteiro/runtime/logger'
import { type BaileysEventMap, makeEventBuffer } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createBaileysLogger } from './baileys-logger.ts'
import { flushMessages } from './flush-messages.ts'

type Upsert = BaileysEventMap['messages.upsert']

const upsert: Upsert = {
  type: 'append',
  messages: [{ key: { remoteJid: '5511988887777@s.whatsapp.net', id: 'A1', fromMe: false } }],
}

test('a message is handed on at once, while Baileys still holds its events back', async (t) => {
  const ev = makeEventBuffer(createBaileysLogger(createLogger('test', 'silent'), 'main'))
  t.teardown(() => ev.destroy())
  const seen: Upsert[] = []
  ev.on('messages.upsert', (each) => seen.push(each))
  ev.buffer()
  ev.emit('messages.upsert', upsert)
  t.equal(seen.length, 0, 'Baileys alone holds it back')
  ev.flush()
  t.equal(seen.length, 1)

  flushMessages(ev)
  ev.buffer()
  ev.emit('messages.upsert', upsert)
  t.equal(seen.length, 2)
})
