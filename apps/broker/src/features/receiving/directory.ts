/**
 * The lane of what is told of people and groups. No chat waits for it, and the thousands that a phone's address book
 * brings go in few requests.
 */
export const DIRECTORY = 'directory'

const MAX_REMEMBERED = 10_000

/** Remembers what was last told of each person and group, as WhatsApp says the same with every message. */
export class ToldLast {
  readonly #told = new Map<string, string>()

  /** @returns whether it differs from what was told last under this key */
  isNews(key: string, what: string): boolean {
    if (this.#told.get(key) === what) return false
    this.#told.delete(key)
    this.#told.set(key, what)
    const [oldest] = this.#told.keys()
    if (this.#told.size > MAX_REMEMBERED && oldest !== undefined) this.#told.delete(oldest)
    return true
  }
}
