import { createHash } from 'node:crypto'
import { DEFAULT_CONNECTION_CONFIG, type SocketConfig } from '@whiskeysockets/baileys'

type MakeRepository = SocketConfig['makeSignalRepository']

/** What one client has opened, over all of its connections. */
export interface Remembered {
  makeRepository: MakeRepository
  /** From here on connections made before touch no session; resolves when none of them does. */
  fence(): Promise<void>
}

/**
 * Lets a client open the same sealed bytes twice. Baileys alone loses what it opened and could not confirm: the keys
 * are used up when the server sends it again.
 */
export function rememberOpened(): Remembered {
  const opened = new Map<string, Uint8Array>()
  const busy = new Set<Promise<unknown>>()
  let generation = 0

  function within<Result>(own: number, work: () => Promise<Result>): Promise<Result> {
    if (own !== generation) return Promise.reject(new Error('This connection is over.'))
    const working = work()
    const settled = working.catch(() => undefined).finally(() => busy.delete(settled))
    busy.add(settled)
    return working
  }

  async function openOnce(own: number, sealed: Uint8Array, open: () => Promise<Uint8Array>) {
    const key = createHash('sha256').update(sealed).digest('base64')
    const known = opened.get(key)
    if (known) return known
    const plaintext = await within(own, open)
    opened.set(key, plaintext)
    return plaintext
  }

  return {
    makeRepository: (...args) => {
      const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(...args)
      const own = generation
      return {
        ...repository,
        encryptMessage: (plain) => within(own, () => repository.encryptMessage(plain)),
        encryptGroupMessage: (plain) => within(own, () => repository.encryptGroupMessage(plain)),
        decryptMessage: (sealed) => openOnce(own, sealed.ciphertext, () => repository.decryptMessage(sealed)),
        decryptGroupMessage: (sealed) =>
          openOnce(own, sealed.msg, () => repository.decryptGroupMessage(sealed)),
      }
    },
    async fence() {
      generation += 1
      await Promise.all(busy)
    },
  }
}
