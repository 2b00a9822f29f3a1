import type { Logger } from '@carteiro/runtime/logger'
import { test } from 'tap'
import { createBaileysLogger } from './baileys-logger.ts'

test('Baileys writes sentences and error messages into our log, never stanzas, keys or texts', async (t) => {
  const lines: unknown[][] = []
  const own = {
    warn: (...line: unknown[]) => lines.push(line),
    error: (...line: unknown[]) => lines.push(line),
  }
  const logger = createBaileysLogger({ child: () => own } as unknown as Logger, 'main')

  logger.error({ err: new Error('Bad MAC'), key: { id: 'A1' }, node: '<message>secret</message>' }, 'failed')
  logger.warn({ attrs: { from: '5511988887777' } }, 'received error in ack')
  logger.warn('a sentence alone')
  logger.info({ helloMsg: 'secret' }, 'connected to WA')
  logger.child({ class: 'x' }).debug('quiet')

  t.same(lines, [
    [{ fault: 'Error: Bad MAC' }, 'failed'],
    [{}, 'received error in ack'],
    [{}, 'a sentence alone'],
  ])
})
