/** A cache of texts, bounded by their size and their names': the least recently used leave first. */
export interface TextCache {
  get(key: string): string | undefined
  set(key: string, text: string): void
  delete(key: string): void
  clear(): void
}

/** @param maxCharacters of all the texts and their names together; a text alone above it is not kept */
export function createTextCache(maxCharacters: number): TextCache {
  // A Map keeps insertion order: what is read goes to the end, what is oldest stands first.
  const texts = new Map<string, string>()
  let characters = 0

  function remove(key: string): string | undefined {
    const text = texts.get(key)
    if (text === undefined) return undefined
    texts.delete(key)
    characters -= key.length + text.length
    return text
  }

  function put(key: string, text: string): void {
    texts.set(key, text)
    characters += key.length + text.length
    for (const oldest of texts.keys()) {
      if (characters <= maxCharacters) return
      remove(oldest)
    }
  }

  return {
    get(key) {
      const text = remove(key)
      if (text !== undefined) put(key, text)
      return text
    },
    set(key, text) {
      remove(key)
      put(key, text)
    },
    delete: (key) => void remove(key),
    clear() {
      texts.clear()
      characters = 0
    },
  }
}
