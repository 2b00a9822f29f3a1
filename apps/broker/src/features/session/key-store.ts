import { setImmediate } from 'node:timers/promises'
import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import type { Seal } from '@carteiro/runtime/seal'
import {
  type AuthenticationCreds,
  BufferJSON,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import { type HeldLease, requireLease } from '../../held-lease.ts'
import { writeCredentials } from './credential-store.ts'
import { type KeyChange, keyName, readKeys, writeKeys } from './key-rows.ts'
import { createTextCache } from './text-cache.ts'

/**
 * Per instance. Signal sessions are a kilobyte or two each: enough for the few hundred chats that are alive.
 */
const CACHE_CHARACTERS = 512 * 1024

/** Stands wherever BufferJSON wrote bytes. */
const BYTES = '"Buffer"'

/** In the cache: there is no such key. Baileys asks for some with every message, and no key's JSON is empty. */
const NONE = ''

/** Writes what belongs into the same transaction. */
type Beside = (transaction: Queryable) => Promise<void>

/** What one `set` writes. */
interface Write {
  changes: KeyChange[]
  beside: Beside | undefined
}

/** What several of them commit together. */
interface Batch {
  changes: KeyChange[]
  besides: Beside[]
  /** The credentials, where they count new prekeys. */
  counted: AuthenticationCreds | undefined
}

export interface KeyStoreOptions {
  db: Database
  seal: Seal
  instanceId: string
  lease?: HeldLease | undefined
  /** Aborted with the socket: nothing is read or written from then on, nor waited for. */
  signal: AbortSignal
  /** The account's credentials, which count its prekeys: they are written with new ones, once it is linked. */
  creds?: AuthenticationCreds
  /** What else is committed with the keys that are being set: asked at each `set`, in its context. */
  beside?: () => Beside | undefined
  /** Where the commit of a `set` is put to be waited for later, if it is: asked at each `set`, in its context. */
  later?: () => Promise<void>[] | undefined
  /** A read or a write failed: the socket that works with these keys must not go on. */
  onFault?: (error: unknown) => void
}

/**
 * The Signal keys of one instance, sealed in `broker.session_key`, for one socket. Every write is committed before it
 * is acknowledged, in one transaction; what is set while another is under way goes together into the next one, so that
 * a group's many sessions cost few commits. Reads come from a bounded cache of texts (of texts, because Baileys changes
 * the objects that it reads before it writes them). While PostgreSQL is away both wait: an error would make
 * Baileys take a message for undecryptable.
 */
export class KeyStore implements SignalKeyStore {
  readonly #options: KeyStoreOptions
  readonly #cache = createTextCache(CACHE_CHARACTERS)
  /** What is being written: the newest there is, and never let go before it is committed. */
  readonly #pending = new Map<string, string>()
  /** Counts the writes, so that a read that began before one does not put the older value into the cache. */
  #writes = 0
  readonly #underWay = new Set<Promise<unknown>>()
  /** The batch that is gathering while the last one is being committed. */
  #next: { writes: Write[]; committed: Promise<void> } | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(options: KeyStoreOptions) {
    this.#options = options
  }

  /** Resolves when nothing is being read or written. The signal has to end the waiting for a database before. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay, this.#next?.committed])
  }

  async get<Type extends keyof SignalDataTypeMap>(
    type: Type,
    ids: string[],
  ): Promise<Record<string, SignalDataTypeMap[Type]>> {
    const found: Record<string, SignalDataTypeMap[Type]> = {}
    const missing: string[] = []
    for (const id of ids) {
      const name = keyName(type, id)
      const text = this.#pending.get(name) ?? this.#cache.get(name)
      if (text === undefined) missing.push(id)
      else if (text !== NONE) found[id] = parseKey(type, text)
    }
    if (missing.length > 0) {
      for (const [id, text] of await this.#load(type, missing)) found[id] = parseKey(type, text)
    }
    return found
  }

  async set(data: SignalDataSet): Promise<void> {
    const changes = toChanges(data)
    for (const { type, id, text } of changes) this.#pending.set(keyName(type, id), text ?? NONE)
    this.#writes += 1
    const committed = this.#join({ changes, beside: this.#options.beside?.() })
      .then(() => this.#keep(changes))
      .finally(() => this.#endWriting(changes))
    const later = this.#options.later?.()
    if (!later) return await committed
    later.push(committed)
    // Whoever waits for it hears of it.
    committed.catch(() => undefined)
  }

  #keep(changes: KeyChange[]): void {
    this.#writes += 1
    for (const { type, id, text } of changes) this.#cache.set(keyName(type, id), text ?? NONE)
  }

  #endWriting(changes: KeyChange[]): void {
    for (const { type, id, text } of changes) {
      const name = keyName(type, id)
      if (this.#pending.get(name) === (text ?? NONE)) this.#pending.delete(name)
    }
  }

  /** Resolves when the transaction that this write went into is committed. */
  #join(write: Write): Promise<void> {
    this.#next ??= this.#openBatch()
    this.#next.writes.push(write)
    return this.#next.committed
  }

  #openBatch(): { writes: Write[]; committed: Promise<void> } {
    const writes: Write[] = []
    // The steps of one message, to each of its devices, end in the same turn of the event loop; and those that waited
    // for the commit before in the turn after it.
    const committed = this.#last
      .then(() => setImmediate())
      .then(() => {
        this.#next = undefined
        return this.#whileAway(() => this.#write(writes))
      })
    this.#last = committed.catch(() => undefined)
    return { writes, committed }
  }

  /** One statement for keys alone, as each message that is sent steps a session or two. */
  async #write(writes: Write[]): Promise<void> {
    const { db, seal, creds } = this.#options
    const changes = newestOf(writes.flatMap((write) => write.changes))
    const besides = writes.flatMap(({ beside }) => beside ?? [])
    // A count that was left behind would give an id out again, and its new key would replace one that is out there.
    const counted = creds?.account && changes.some(isNewPreKey) ? creds : undefined
    if (besides.length === 0 && !counted) return await writeKeys(db, seal, this.#options, changes)
    await inTransaction(db, (transaction) => this.#commit(transaction, { changes, besides, counted }))
  }

  async #commit(transaction: Queryable, { changes, besides, counted }: Batch): Promise<void> {
    const { seal, instanceId, lease } = this.#options
    if (lease) await requireLease(transaction, lease)
    if (changes.length > 0) await writeKeys(transaction, seal, { instanceId }, changes)
    if (counted) await writeCredentials(transaction, seal, instanceId, counted)
    for (const beside of besides) await beside(transaction)
  }

  async #load(type: string, ids: string[]): Promise<Map<string, string>> {
    const { db, seal, instanceId } = this.#options
    const writesBefore = this.#writes
    const texts = await this.#whileAway(async () => {
      const rows = await readKeys(db, instanceId, type, ids)
      return new Map(
        rows.map(({ id, sealed }) => [id, seal.open(sealed, [instanceId, type, id]).toString()] as const),
      )
    })
    if (this.#writes === writesBefore) {
      for (const id of ids) this.#cache.set(keyName(type, id), texts.get(id) ?? NONE)
    }
    return texts
  }

  /** Baileys makes much of errors: an unreadable session is none to it, and a message without one is answered. */
  async #whileAway<Result>(act: () => Promise<Result>): Promise<Result> {
    const { signal, onFault } = this.#options
    signal.throwIfAborted()
    const work = retryWhileDatabaseAway(act, { signal })
    this.#underWay.add(work)
    try {
      return await work
    } catch (error) {
      if (!signal.aborted) onFault?.(error)
      throw error
    } finally {
      this.#underWay.delete(work)
    }
  }
}

const isNewPreKey = ({ type, text }: KeyChange): boolean => type === 'pre-key' && text !== null

/** Of each key the last change. */
const newestOf = (changes: KeyChange[]): KeyChange[] => [
  ...new Map(changes.map((change) => [keyName(change.type, change.id), change])).values(),
]

function toChanges(data: SignalDataSet): KeyChange[] {
  return Object.entries(data).flatMap(([type, keys]) =>
    Object.entries(keys ?? {}).map(([id, value]) => ({
      type,
      id,
      text: value == null ? null : toText(type, value),
    })),
  )
}

/** libsignal writes its sessions' bytes as base64 by itself: to look for bytes in them takes longer than all the rest. */
const toText = (type: string, value: unknown): string =>
  type === 'session' ? JSON.stringify(value) : JSON.stringify(value, BufferJSON.replacer)

function parseKey<Type extends keyof SignalDataTypeMap>(type: Type, text: string): SignalDataTypeMap[Type] {
  const value = text.includes(BYTES) ? JSON.parse(text, BufferJSON.reviver) : JSON.parse(text)
  // Baileys reads its fields as protobuf's, defaults and all.
  return type === 'app-state-sync-key' ? appStateSyncKey(value) : value
}

const appStateSyncKey = (value: Record<string, unknown>) =>
  proto.Message.AppStateSyncKeyData.fromObject(value) as never
