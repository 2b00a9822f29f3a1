import { AsyncLocalStorage } from 'node:async_hooks'
import {
  jidDecode,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
} from '@whiskeysockets/baileys'
import { createInOrder } from '../../in-order.ts'
import { commitsOfSend, leaveOutSends } from '../../send-beside-others.ts'

type Repository = SignalRepositoryWithLIDStore

/** Baileys locks reads by the names of their types: a transaction of such a name would wait for itself. */
const MAPPING_LOCK = 'mapping and migration'

/**
 * The name by which everybody locks a session: Baileys keeps that of a person under the LID, whether a jid says it or
 * the phone, and would lock each of the two by itself.
 */
export async function sessionLock(
  { lidMapping, jidToSignalProtocolAddress }: Repository,
  jid: string,
): Promise<string> {
  return jidToSignalProtocolAddress((await lidMapping.getLIDForPN(jid)) ?? jid)
}

/** Of all sessions in this process. */
const byAddress = createInOrder()

/**
 * libsignal queues steps by address, whichever account they are of, and runs one that had to wait in the asynchronous
 * context of the one before it: outside its own transaction. So here none ever waits in that queue.
 */
export const alone = <Result>(
  { jidToSignalProtocolAddress }: Repository,
  jid: string,
  step: () => Promise<Result>,
): Promise<Result> => byAddress.run(jidToSignalProtocolAddress(jid), step)

const stepCommits = new AsyncLocalStorage<Promise<void>[]>()

/** Where the step that is under way gathers its commits; `undefined` where a commit is waited for at once. */
export const commitsOfStep = (): Promise<void>[] | undefined => stepCommits.getStore()

/**
 * Makes every step of a Signal session a transaction of its own, that is committed when the step is done.
 *
 * Baileys sends in one transaction, from its first look at the sessions until the stanza has left. A message that comes
 * meanwhile steps the same session, and the later commit overwrites the other. A process that dies meanwhile has used a
 * key and does not know it: the next message is encrypted with that key again, and its reader refuses it.
 */
export function isolateSteps(inner: Repository, keys: SignalKeyStoreWithTransaction): Repository {
  // Baileys' transactions follow the asynchronous context: in this one there is none.
  const outside = AsyncLocalStorage.snapshot()
  const transaction = async <Result>(jid: string, step: () => Promise<Result>): Promise<Result> =>
    keys.transaction(() => alone(inner, jid, step), await sessionLock(inner, jid))
  const locked = <Result>(jid: string, step: () => Promise<Result>): Promise<Result> =>
    outside(() => transaction(jid, step))
  // Every message to anybody steps the session of the account's own phone: would each wait there for the commit of the
  // one before, an instance sent as many messages a second as PostgreSQL commits one after the other. The next step goes
  // on from what this one left in memory. Its commit comes after, or fails with it; and nothing leaves before its own.
  const lockedUntilCommit = async <Result>(jid: string, step: () => Promise<Result>): Promise<Result> => {
    const ofSend = commitsOfSend()
    const commits = ofSend ?? []
    const result = await outside(() => stepCommits.run(commits, () => transaction(jid, step)))
    if (!ofSend) await Promise.all(commits)
    return result
  }
  isolateMapping(inner, keys, outside)
  leaveOutSends(keys)
  return {
    ...inner,
    encryptMessage: (options) => lockedUntilCommit(options.jid, () => inner.encryptMessage(options)),
    encryptGroupMessage: (options) => outside(() => inner.encryptGroupMessage(options)),
    getSenderKeyDistributionMessage: (options) =>
      outside(() => inner.getSenderKeyDistributionMessage(options)),
    processSenderKeyDistributionMessage: (options) =>
      outside(() => inner.processSenderKeyDistributionMessage(options)),
    hasSenderKey: (options) => outside(() => inner.hasSenderKey(options)),
    injectE2ESession: (options) => locked(options.jid, () => inner.injectE2ESession(options)),
    validateSession: (jid) => outside(() => inner.validateSession(jid)),
    getSessionInfo: (jid) => outside(() => inner.getSessionInfo(jid)),
    deleteSession: (jids) => outside(() => inner.deleteSession(jids)),
    migrateSession: (from, to) => outside(() => inner.migrateSession(from, to)),
  }
}

/**
 * Once Baileys knows that a phone is a LID, it looks for the session under the LID alone, and moves it there in a second
 * transaction, which a death in between leaves out for good. Here both are one.
 *
 * A LID that is not known is asked for at WhatsApp. Baileys looks for the recipient's while it sends, between the
 * encryption and the wait for its commits, and who looks for the same one meanwhile shares the question: its frame is
 * no part of the send, and waits for nothing.
 */
function isolateMapping(
  { lidMapping, migrateSession }: Repository,
  keys: SignalKeyStoreWithTransaction,
  outside: ReturnType<typeof AsyncLocalStorage.snapshot>,
): void {
  const store = lidMapping.storeLIDPNMappings.bind(lidMapping)
  const isKnown = async (pn: string, lid: string) => {
    const user = jidDecode(pn)?.user ?? ''
    return (await keys.get('lid-mapping', [user]))[user] === jidDecode(lid)?.user
  }
  lidMapping.storeLIDPNMappings = (pairs) =>
    outside(async () => {
      const known = await Promise.all(pairs.map(({ pn, lid }) => isKnown(pn, lid)))
      const fresh = pairs.filter((_, index) => !known[index])
      if (fresh.length === 0) return
      await keys.transaction(async () => {
        await store(fresh)
        for (const { pn, lid } of fresh) await migrateSession(pn, lid)
      }, MAPPING_LOCK)
    })
  const lookUp = lidMapping.getLIDsForPNs.bind(lidMapping)
  lidMapping.getLIDsForPNs = (pns) => outside(() => lookUp(pns))
}
