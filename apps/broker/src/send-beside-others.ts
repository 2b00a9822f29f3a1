import { AsyncLocalStorage } from 'node:async_hooks'
import type { SignalKeyStoreWithTransaction, WASocket } from '@whiskeysockets/baileys'

/** The account whose message is on its way in this asynchronous context. */
const sending = new AsyncLocalStorage<string>()

/** Sockets by which something has left: the account's own devices have their sessions. */
const begun = new WeakSet<object>()

/**
 * Runs a send to one person beside the account's other sends.
 *
 * Baileys sends in one transaction for the whole account: one message after the other, each until its stanza has left.
 * And what it notes after that, such as that the recipient was given our token, is written nowhere, so that it gives the
 * token again with every message. A send to one person needs none of it: each step of a Signal session is a transaction
 * of its own (features/commit/isolate-steps.ts). One to a group does: who has the group's key is to be noted when the stanza has left.
 *
 * The first send of a socket keeps Baileys' way, so that not each of several makes a session with our own phone.
 */
export async function sendBesideOthers<Result>(
  socket: Pick<WASocket, 'user'>,
  send: () => Promise<Result>,
): Promise<Result> {
  const account = socket.user?.id
  const result = account !== undefined && begun.has(socket) ? sending.run(account, send) : send()
  await result
  begun.add(socket)
  return result
}

/** Leaves the transaction around a send out, where `sendBesideOthers` says so. */
export function leaveOutSends(keys: SignalKeyStoreWithTransaction): void {
  const transaction = keys.transaction.bind(keys)
  keys.transaction = (work, key) => (sending.getStore() === key ? work() : transaction(work, key))
}
