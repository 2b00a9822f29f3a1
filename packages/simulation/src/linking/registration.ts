import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Connection } from '../wire/connection-paths.ts'
import type { PairingData } from './read-pairing-data.ts'

/** A client that waits to be linked. */
export interface Registration extends PairingData {
  readonly connection: Connection
  /** Takes what the client sends; an answer goes to whoever asked. */
  take(stanza: BinaryNode): void
  /**
   * Sends a query and waits for its answer.
   *
   * @throws Error when the client went away or did not answer in time
   */
  ask(query: BinaryNode): Promise<BinaryNode>
  /** The client is gone. */
  end(): void
}

export interface RegistrationOptions {
  connection: Connection
  data: PairingData
  /** Takes what is no answer. */
  onStanza: (stanza: BinaryNode) => void
  answerTimeoutMs: number
}

export function createRegistration(options: RegistrationOptions): Registration {
  const { connection, data, onStanza, answerTimeoutMs } = options
  const asked = new Map<string, PromiseWithResolvers<BinaryNode>>()

  return {
    connection,
    ...data,
    take(stanza) {
      const { id = '', type } = stanza.attrs
      if (stanza.tag === 'iq' && (type === 'result' || type === 'error')) asked.get(id)?.resolve(stanza)
      else onStanza(stanza)
    },
    async ask(query) {
      const { id = '' } = query.attrs
      const answer = Promise.withResolvers<BinaryNode>()
      asked.set(id, answer)
      const deadline = setTimeout(
        () => answer.reject(new Error('The device did not answer in time.')),
        answerTimeoutMs,
      )
      connection.send(query)
      try {
        return await answer.promise
      } finally {
        clearTimeout(deadline)
        asked.delete(id)
      }
    },
    end() {
      for (const { reject } of asked.values()) reject(new Error('The device went away.'))
    },
  }
}
