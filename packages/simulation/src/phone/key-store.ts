import type { SignalDataSet, SignalDataTypeMap, SignalKeyStore } from '@whiskeysockets/baileys'

type KeyType = keyof SignalDataTypeMap
type Stored = { [Type in KeyType]: Map<string, SignalDataTypeMap[Type]> }

const KEY_TYPES = [
  'pre-key',
  'session',
  'sender-key',
  'sender-key-memory',
  'app-state-sync-key',
  'app-state-sync-version',
  'lid-mapping',
  'device-list',
  'tctoken',
  'identity-key',
] as const satisfies KeyType[]

export interface KeyStore extends SignalKeyStore {
  /** As `set`, at once. */
  put(data: SignalDataSet): void
  forget(types: KeyType[]): void
}

/**
 * Signal keys in memory, as Baileys asks for them.
 *
 * @param limit entries kept of each type; past it the one written longest ago is forgotten, which its owner mends as
 * any lost session: it asks for the message again
 */
export function createKeyStore(limit = 10_000): KeyStore {
  const stored: Stored = {
    'pre-key': new Map(),
    session: new Map(),
    'sender-key': new Map(),
    'sender-key-memory': new Map(),
    'app-state-sync-key': new Map(),
    'app-state-sync-version': new Map(),
    'lid-mapping': new Map(),
    'device-list': new Map(),
    tctoken: new Map(),
    'identity-key': new Map(),
  }

  function putType<Type extends KeyType>(type: Type, data: SignalDataSet): void {
    const entries = stored[type]
    for (const [id, value] of Object.entries<SignalDataTypeMap[Type] | null>(data[type] ?? {})) {
      entries.delete(id)
      if (value !== null) entries.set(id, value)
    }
    while (entries.size > limit) {
      const [oldest] = entries.keys()
      if (oldest === undefined) break
      entries.delete(oldest)
    }
  }

  function put(data: SignalDataSet): void {
    for (const type of KEY_TYPES) if (data[type]) putType(type, data)
  }

  return {
    async get<Type extends KeyType>(type: Type, ids: string[]) {
      const found: Record<string, SignalDataTypeMap[Type]> = {}
      for (const id of ids) {
        const value = stored[type].get(id)
        if (value !== undefined) found[id] = value
      }
      return found
    },
    set: async (data) => put(data),
    put,
    forget: (types) => types.forEach((type) => void stored[type].clear()),
  }
}
