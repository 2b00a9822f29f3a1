import { spareSessions } from '@carteiro/runtime/spare-sessions'
import {
  DEFAULT_CONNECTION_CONFIG,
  generateSignalPubKey,
  jidDecode,
  jidEncode,
  type proto,
  type SignalKeyStoreWithTransaction,
} from '@whiskeysockets/baileys'
import type { KeyBundle, Person } from './phone.ts'
import type { PhoneKeys } from './phone-keys.ts'
import { SILENT_LOGGER } from './silent-logger.ts'

export type Ciphertext = { type: 'pkmsg' | 'msg'; ciphertext: Uint8Array }

/** Signal sessions of one phone. Devices are named by jid, by phone or by LID: both lead to the same session. */
export interface SignalSessions {
  exists(deviceJid: string): Promise<boolean>
  /** Starts a session anew. Throws when the bundle's signature is wrong. */
  start(deviceJid: string, bundle: KeyBundle): Promise<void>
  encrypt(deviceJid: string, plain: Uint8Array): Promise<Ciphertext>
  decrypt(deviceJid: string, sealed: Ciphertext): Promise<Uint8Array>
  /** Encrypts with this phone's sender key of a group, and gives the message that tells it to others. */
  encryptGroup(
    group: string,
    plain: Uint8Array,
  ): Promise<{ ciphertext: Uint8Array; distribution: Uint8Array }>
  decryptGroup(group: string, authorJid: string, ciphertext: Uint8Array): Promise<Uint8Array>
  /** Learns another device's sender key. */
  learnSenderKey(authorJid: string, item: proto.Message.ISenderKeyDistributionMessage): Promise<void>
  /** This phone's sender key as it stands. */
  distribution(group: string): Promise<Uint8Array>
  /** The next message to the group takes a new sender key. */
  dropSenderKey(group: string): void
  /** Loses every session and every sender key, as a phone that was set up anew. */
  forget(): void
}

export function createSignalSessions(
  keys: PhoneKeys,
  own: Person,
  personOf: (jid: string) => Person | undefined,
): SignalSessions {
  let repository: ReturnType<typeof openRepository> | undefined
  const signal = () => {
    repository ??= openRepository(keys)
    return repository
  }
  const me = `${own.lid}@lid`

  // Always by LID: Baileys' repository then has no mapping to look up, to cache, or to migrate sessions by.
  function address(jid: string): string {
    const person = personOf(jid)
    if (!person) throw new Error(`${jid} names nobody`)
    return jidEncode(person.lid, 'lid', jidDecode(jid)?.device)
  }

  return {
    exists: async (jid) => (await signal().validateSession(address(jid))).exists,
    start: (jid, bundle) => signal().injectE2ESession({ jid: address(jid), session: prefixed(bundle) }),
    encrypt: (jid, plain) => signal().encryptMessage({ jid: address(jid), data: Buffer.from(plain) }),
    decrypt: (jid, { type, ciphertext }) =>
      signal().decryptMessage({ jid: address(jid), type, ciphertext: Buffer.from(ciphertext) }),
    async encryptGroup(group, plain) {
      const sealed = await signal().encryptGroupMessage({ group, meId: me, data: plain })
      return { ciphertext: sealed.ciphertext, distribution: sealed.senderKeyDistributionMessage }
    },
    decryptGroup: (group, authorJid, ciphertext) =>
      signal().decryptGroupMessage({ group, authorJid: address(authorJid), msg: ciphertext }),
    learnSenderKey: (authorJid, item) =>
      signal().processSenderKeyDistributionMessage({ authorJid: address(authorJid), item }),
    distribution: (group) => signal().getSenderKeyDistributionMessage({ group, meId: me }),
    dropSenderKey: (group) =>
      keys.store.put({ 'sender-key': { [senderKeyName(signal(), group, me)]: null } }),
    forget: () => keys.store.forget(['session', 'sender-key', 'identity-key']),
  }
}

function senderKeyName(repository: ReturnType<typeof openRepository>, group: string, jid: string): string {
  return `${group}::${repository.jidToSignalProtocolAddress(jid).replace('.', '::')}`
}

function openRepository({ store, credentials }: PhoneKeys) {
  spareSessions()
  // A phone does one thing at a time, so what libsignal asks to be one step is one.
  const keys: SignalKeyStoreWithTransaction = {
    ...store,
    isInTransaction: () => false,
    transaction: (work) => work(),
  }
  return DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: credentials(), keys }, SILENT_LOGGER)
}

/** Raw keys as libsignal takes them: with the byte that names the curve. */
function prefixed({ registrationId, identityKey, signedPreKey, preKey }: KeyBundle) {
  return {
    registrationId,
    identityKey: generateSignalPubKey(identityKey),
    signedPreKey: { ...signedPreKey, publicKey: generateSignalPubKey(signedPreKey.publicKey) },
    ...(preKey && { preKey: { ...preKey, publicKey: generateSignalPubKey(preKey.publicKey) } }),
  }
}
