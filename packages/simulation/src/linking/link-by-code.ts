import { randomBytes } from 'node:crypto'
import { Problem } from '@carteiro/contracts/problem'
import type { BinaryNode, KeyPair } from '@whiskeysockets/baileys'
import { node, SERVER_JID } from '../server/nodes.ts'
import type { World } from '../server/world.ts'
import { openKeyBundle, typePairingCode } from './pairing-code.ts'
import {
  type CompanionFinish,
  type CompanionHello,
  linkCodeTaken,
  primaryHello,
  readLinkCode,
} from './pairing-code-stanzas.ts'
import type { Registration } from './registration.ts'

/** A device that shows a pairing code, and what its phone waits for. */
interface CodeShown {
  readonly registration: Registration
  readonly hello: CompanionHello
  readonly ref: string
  triesLeft: number
  /** Settled by the device's answer to the code that was typed last. */
  answer: PromiseWithResolvers<{ id: string; finish: CompanionFinish }>
}

/** The server's and the phone's part in linking by code. */
export interface CodeLinking {
  /** Takes a device's stanza of the linking by code; `false` when it is another one. */
  take(registration: Registration, stanza: BinaryNode): boolean
  /**
   * The person types a code on this phone (digits).
   *
   * @returns the device that showed it, and the secret with which it is linked
   * @throws Problem QR_NOT_AVAILABLE when no device waits for this phone, INVALID_PAYLOAD when the code is wrong
   */
  type(
    phone: string,
    code: string,
    identity: KeyPair,
  ): Promise<{ registration: Registration; advSecret: Uint8Array }>
  /** The device is gone or linked. */
  forget(registration: Registration): void
}

/** So often a code may be typed wrong; then the device has to show another one. */
const TRIES = 3

export function createCodeLinking(
  world: Pick<World, 'now' | 'nextId'>,
  answerTimeoutMs: number,
): CodeLinking {
  /** One for each device, the newest last. */
  const shown = new Map<Registration, CodeShown>()

  function greet(registration: Registration, id: string, hello: CompanionHello): void {
    forget(registration)
    const ref = randomBytes(16).toString('base64')
    shown.set(registration, { registration, hello, ref, triesLeft: TRIES, answer: newAnswer() })
    registration.connection.send(linkCodeTaken(id, ref))
  }

  function forget(registration: Registration): void {
    shown.get(registration)?.answer.reject(new Error('The device went away.'))
    shown.delete(registration)
  }

  async function answerOf(code: CodeShown) {
    const deadline = setTimeout(
      () => code.answer.reject(new Error('The device did not answer in time.')),
      answerTimeoutMs,
    )
    try {
      return await code.answer.promise
    } finally {
      clearTimeout(deadline)
    }
  }

  return {
    take(registration, stanza) {
      if (stanza.tag !== 'iq' || stanza.attrs.xmlns !== 'md') return false
      const { id = '' } = stanza.attrs
      const read = readLinkCode(stanza)
      if (read.stage === 'companion_hello') greet(registration, id, read)
      else if (read.ref === shown.get(registration)?.ref)
        shown.get(registration)?.answer.resolve({ id, finish: read })
      else registration.connection.send(refusal(id, '404', 'item-not-found'))
      return true
    },
    async type(phone, typed, identity) {
      const code = [...shown.values()].findLast(({ hello }) => hello.phone === phone)
      if (!code) {
        throw new Problem(
          'QR_NOT_AVAILABLE',
          `No device shows a pairing code for ${phone}: ask for a new one.`,
        )
      }
      const { registration, hello, ref } = code
      const linking = await typePairingCode(typed, hello.wrappedEphemeral)
      code.answer.reject(new Error('The code was typed again.'))
      code.answer = newAnswer()
      registration.connection.send(
        primaryHello({
          id: world.nextId(),
          at: world.now(),
          ref,
          wrappedEphemeral: linking.wrappedEphemeral,
          identityKey: identity.public,
        }),
      )
      const { id, finish } = await answerOf(code)
      try {
        const advSecret = openKeyBundle({ linking, ...finish, identity })
        registration.connection.send(node('iq', { id, from: SERVER_JID, type: 'result' }))
        return { registration, advSecret }
      } catch (error) {
        code.triesLeft -= 1
        if (code.triesLeft === 0) forget(registration)
        registration.connection.send(refusal(id, '400', 'bad-request'))
        throw error
      }
    },
    forget,
  }
}

function refusal(id: string, code: string, text: string): BinaryNode {
  return node('iq', { id, from: SERVER_JID, type: 'error' }, [node('error', { code, text })])
}

function newAnswer(): CodeShown['answer'] {
  const answer: CodeShown['answer'] = Promise.withResolvers()
  // Rejected also when nobody waits for it.
  answer.promise.catch(() => undefined)
  return answer
}
