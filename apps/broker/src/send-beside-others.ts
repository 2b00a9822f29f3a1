import { AsyncLocalStorage } from 'node:async_hooks'
import {
  isLidUser,
  jidDecode,
  type SignalKeyStoreWithTransaction,
  type WASocket,
} from '@whiskeysockets/baileys'

/** A message that is on its way in this asynchronous context. */
interface Sending {
  account: string
  /** Of the Signal keys that it was encrypted with; empty when all of them are committed. */
  commits: Promise<void>[]
}

const sending = new AsyncLocalStorage<Sending>()

/**
 * Runs a send to one person beside the account's other sends.
 *
 * Baileys sends in one transaction for the whole account: one message after the other, each until its stanza has left.
 * And what it notes after that, such as that the recipient was given our token, is written nowhere, so that it gives the
 * token again with every message. A send to one person needs none of it: each step of a Signal session is a transaction
 * of its own (features/commit/isolate-steps.ts). One to a group does: who has the group's key is to be noted when the
 * stanza has left.
 *
 * A send for which the account's own devices have to be asked for keeps Baileys' way: the first one of a socket, and one
 * every five minutes. Baileys then makes a new session with our own phone, and so would each of several. The others
 * wait for the first, and find what it was told.
 *
 * @param jid of the recipient, which says by which name Baileys looks for our own devices
 */
export async function sendBesideOthers<Result>(
  socket: Pick<WASocket, 'user' | 'userDevicesCache'>,
  jid: string,
  send: () => Promise<Result>,
): Promise<Result> {
  const { user: me, userDevicesCache } = socket
  const own = jidDecode((isLidUser(jid) && me?.lid) || me?.id)?.user
  const knowsOwnDevices = own !== undefined && (await userDevicesCache.get(own)) !== undefined
  return me && knowsOwnDevices ? await sending.run({ account: me.id, commits: [] }, send) : await send()
}

/**
 * Where the send that is under way gathers the commits that it has to wait for. Baileys encrypts for one device of an
 * account at a time: a step that waited for its own commit would hold up every other message.
 */
export const commitsOfSend = (): Promise<void>[] | undefined => sending.getStore()?.commits

/** Whether all that was encrypted for the stanza that leaves in this context is committed. */
export const isCommitted = (): boolean => (commitsOfSend()?.length ?? 0) === 0

/** What Baileys reads of every message to one person when it is encrypted, before its stanza leaves. */
const READ_LAST = 'tctoken'

/** Leaves the transaction around such a send out, and lets its stanza wait for its commits. */
export function leaveOutSends(keys: SignalKeyStoreWithTransaction): void {
  const transaction = keys.transaction.bind(keys)
  keys.transaction = (work, key) => (sending.getStore()?.account === key ? work() : transaction(work, key))
  const get = keys.get.bind(keys)
  keys.get = async (type, ids) => {
    if (type === READ_LAST) await untilCommitted()
    return await get(type, ids)
  }
}

async function untilCommitted(): Promise<void> {
  const commits = commitsOfSend()
  if (!commits || commits.length === 0) return
  await Promise.all(commits)
  commits.length = 0
}
