import type { CreatePhone } from '../server/persons.ts'

/** Which phones show something that they did not show before. */
export interface Changes {
  /** A phone (digits) shows something else. */
  tell(phone: string): void
  /** Every phone may show something else. */
  tellAll(): void
  /** Grows with each change of what a phone shows. */
  version(phone: string): number
  /**
   * Resolves with the version as soon as it is later than `since`; many changes while nobody waited are one.
   *
   * @returns `undefined` when nothing changed within `timeoutMs`, or the signal ended the wait
   */
  later(phone: string, since: number, wait: Wait): Promise<number | undefined>
}

export interface Wait {
  timeoutMs: number
  signal: AbortSignal
}

export function createChanges(): Changes {
  const versions = new Map<string, number>()
  const waiting = new Map<string, Set<() => void>>()
  let all = 0

  const version = (phone: string) => all + (versions.get(phone) ?? 0)

  function wake(wakers: Iterable<() => void> = []): void {
    for (const waker of [...wakers]) waker()
  }

  return {
    tell(phone) {
      versions.set(phone, (versions.get(phone) ?? 0) + 1)
      wake(waiting.get(phone))
    },
    tellAll() {
      all += 1
      for (const wakers of [...waiting.values()]) wake(wakers)
    },
    version,
    later(phone, since, { timeoutMs, signal }) {
      if (version(phone) > since) return Promise.resolve(version(phone))
      if (signal.aborted) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        const wakers = waiting.get(phone) ?? new Set()
        waiting.set(phone, wakers)
        const end = () => {
          clearTimeout(deadline)
          signal.removeEventListener('abort', end)
          wakers.delete(end)
          if (wakers.size === 0) waiting.delete(phone)
          resolve(version(phone) > since ? version(phone) : undefined)
        }
        const deadline = setTimeout(end, timeoutMs)
        signal.addEventListener('abort', end)
        wakers.add(end)
      })
    },
  }
}

/** Phones that tell whenever they took or sent a stanza: what they show may be different then. */
export function watchPhones(createPhone: CreatePhone, changes: Changes): CreatePhone {
  return (person, port) => {
    const changed = () => changes.tell(person.phone)
    const phone = createPhone(person, {
      ...port,
      send(stanza) {
        port.send(stanza)
        changed()
      },
    })
    const { receive } = phone
    phone.receive = (stanza) => receive(stanza).finally(changed)
    return phone
  }
}
