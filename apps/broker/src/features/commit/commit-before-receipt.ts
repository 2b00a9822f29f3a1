import { AsyncLocalStorage } from 'node:async_hooks'
import type { Queryable } from '@carteiro/database/connect'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { spareSessions } from '@carteiro/runtime/spare-sessions'
import {
  type AuthenticationCreds,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  type SignalAuthState,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { alone, commitsOfStep, isolateSteps, sessionLock } from './isolate-steps.ts'
import type { OpenedMessages } from './opened-messages.ts'
import { ciphertextHash, ciphertextsOf, type OpenedPart, toOpenedPart } from './opened-part.ts'
import { sharedKeys } from './shared-keys.ts'

export interface CommitOptions {
  opened: Pick<OpenedMessages, 'find' | 'insert'>
  instanceId: string
  creds: AuthenticationCreds
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
  /** Aborted, here or elsewhere, when the session's state cannot be read or written: the socket has to end. */
  broken: AbortController
}

type MakeRepository = SocketConfig['makeSignalRepository']

/** A ciphertext that is being opened: its part is there as soon as its plaintext is. */
interface Opening {
  part: OpenedPart | undefined
}

interface Ciphertext {
  bytes: Uint8Array
  /** By what Baileys locks the keys that open it. */
  lock: () => Promise<string>
  decrypt: () => Promise<Uint8Array>
}

/**
 * The commit rule, for one socket: a message's plaintext and the Signal keys that its decryption changed are committed
 * in one transaction before Baileys gets the plaintext, and so before WhatsApp gets a receipt.
 *
 * Baileys gathers the key writes of one decryption in a transaction of its own, and gives them to the key store as one
 * write. With another such transaction around it, which Baileys joins, the plaintext is known before that write. The key
 * store asks `beside` what else to commit, all while Baileys keeps others from the same Signal session.
 */
export class CommitBeforeReceipt {
  readonly #options: CommitOptions
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>()
  readonly #opening = new AsyncLocalStorage<Opening>()

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /** Notes which stanza each ciphertext comes with, as Baileys decrypts the bytes alone. */
  listen(stanzas: Pick<WASocket['ws'], 'prependListener'>): void {
    stanzas.prependListener('CB:message', (stanza: BinaryNode) => {
      for (const bytes of ciphertextsOf(stanza)) this.#stanzas.set(bytes, stanza)
    })
  }

  /** Writes what belongs beside the keys that are being set just now. */
  beside(): ((transaction: Queryable) => Promise<void>) | undefined {
    const part = this.#opening.getStore()?.part
    return part && ((transaction) => this.#options.opened.insert(transaction, this.#options.instanceId, part))
  }

  /** The commits of a step that lets go of its session before it waits for them. */
  later(): Promise<void>[] | undefined {
    return commitsOfStep()
  }

  /** Baileys' own repository, with its two ways to decrypt under the commit rule. */
  readonly makeSignalRepository: MakeRepository = (auth, logger, pnToLid) => {
    spareSessions()
    const keys = withTransactions(auth)
    const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLid)
    return {
      ...isolateSteps(inner, keys),
      decryptMessage: (options) =>
        this.#open(keys, {
          bytes: options.ciphertext,
          lock: () => sessionLock(inner, options.jid),
          decrypt: () => alone(inner, options.jid, () => inner.decryptMessage(options)),
        }),
      decryptGroupMessage: (options) =>
        this.#open(keys, {
          bytes: options.msg,
          lock: async () => options.group,
          decrypt: () => inner.decryptGroupMessage(options),
        }),
    }
  }

  /**
   * @returns the plaintext, committed; never settles once the session's state is broken: Baileys would take any error
   *   for a message that cannot be read, and answer it
   */
  async #open(keys: SignalKeyStoreWithTransaction, ciphertext: Ciphertext): Promise<Uint8Array> {
    try {
      return (await this.#findOpened(ciphertext)) ?? (await this.#decryptAndCommit(keys, ciphertext))
    } catch (error) {
      const { broken, signal } = this.#options
      if (broken.signal.aborted || signal.aborted) return await new Promise(() => undefined)
      throw error
    }
  }

  /** The same bytes once more: Signal, whose keys have moved on, would refuse them. */
  async #findOpened({ bytes }: Ciphertext): Promise<Uint8Array | undefined> {
    const { opened, instanceId, signal, broken } = this.#options
    try {
      return await retryWhileDatabaseAway(() => opened.find(instanceId, ciphertextHash(bytes)), { signal })
    } catch (error) {
      broken.abort(error)
      throw error
    }
  }

  async #decryptAndCommit(
    keys: SignalKeyStoreWithTransaction,
    { bytes, lock, decrypt }: Ciphertext,
  ): Promise<Uint8Array> {
    const stanza = this.#stanzas.get(bytes)
    if (!stanza) throw new Error('A ciphertext of no stanza.')
    const opening: Opening = { part: undefined }
    const work = async () => {
      const plaintext = await decrypt()
      const { creds } = this.#options
      opening.part = toOpenedPart(stanza, bytes, creds, plaintext)
      // Baileys leaves out a commit of nothing.
      await keys.set({ session: {}, ...sharedKeys(stanza, creds, plaintext) })
      return plaintext
    }
    return await this.#opening.run(opening, async () => keys.transaction(work, await lock()))
  }
}

function withTransactions({ keys }: SignalAuthState): SignalKeyStoreWithTransaction {
  if (!('transaction' in keys)) throw new Error('Baileys gives its repository keys with transactions.')
  return keys
}
