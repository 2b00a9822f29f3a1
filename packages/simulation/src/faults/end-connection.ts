import type { BinaryNode } from '@whiskeysockets/baileys'
import { node } from '../server/nodes.ts'
import type { Connection } from '../wire/connection-paths.ts'
import type { END_CODES } from './fault.ts'

type EndCode = (typeof END_CODES)[number]

/** Ends a client's stream as WhatsApp does for this reason; Baileys closes with the code. */
export function endConnection(connection: Connection, code: EndCode): void {
  connection.send(endingOf(code))
  connection.close(`ended with ${code} on purpose`)
}

function endingOf(code: EndCode): BinaryNode {
  switch (code) {
    case 401:
      return node('stream:error', { code: '401' }, [node('conflict', { type: 'device_removed' })])
    case 411:
      return node('ib', {}, [node('downgrade_webclient')])
    case 428:
      return node('xmlstreamend')
    case 440:
      return node('stream:error', {}, [node('conflict', { type: 'replaced' })])
    default:
      return node('stream:error', { code: String(code) })
  }
}
