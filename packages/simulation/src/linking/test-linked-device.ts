import {
  type AuthenticationState,
  getNextPreKeys,
  initAuthCreds,
  makeWASocket,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { createKeyStore } from '../phone/key-store.ts'
import type { Device } from '../server/device.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import type { LinkedDevice } from './create-linking.ts'

/** What Baileys needs to know of itself, in memory. */
export function newAuth() {
  return { creds: initAuthCreds(), keys: createKeyStore() }
}
export type TestAuth = ReturnType<typeof newAuth>

export type SocketOptions = Partial<UserFacingSocketConfig>

/**
 * A Baileys client as it comes, quiet and without history.
 *
 * @param url of the simulator, http
 */
export function openClient(url: string, auth: AuthenticationState, options: SocketOptions = {}): WASocket {
  const socket = makeWASocket({
    waWebSocketUrl: `${url.replace('http', 'ws')}/ws/chat`,
    auth,
    logger: pino({ level: 'silent' }),
    // What is still asked when the connection ends would keep the test's process alive.
    defaultQueryTimeoutMs: undefined,
    shouldSyncHistoryMessage: () => false,
    ...options,
  })
  socket.ev.on('creds.update', (update) => Object.assign(auth.creds, update))
  return socket
}

/** Resolves with Baileys' status code when the connection is gone. */
export function untilClosed(socket: WASocket): Promise<number | undefined> {
  return new Promise((resolve) => {
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'close') resolve(statusCode(lastDisconnect?.error))
    })
  })
}

/** Resolves when the client is logged in. @throws Error with Baileys' status code when it is refused */
export function untilOpen(socket: WASocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'open') resolve()
      if (connection === 'close') reject(new Error(`closed with ${statusCode(lastDisconnect?.error)}`))
    })
  })
}

/** The next QR code that the client shows. */
export function untilQr(socket: WASocket): Promise<string> {
  return new Promise((resolve) => {
    socket.ev.on('connection.update', ({ qr }) => {
      if (qr !== undefined) resolve(qr)
    })
  })
}

export interface LinkOptions {
  socket?: SocketOptions
  auth?: TestAuth
}

/** Links a new Baileys client to a phone (digits) by QR code. It may log in from then on. */
export async function linkDevice(
  url: string,
  { linking, persons }: Pick<WhatsAppServer, 'linking' | 'persons'>,
  phone: string,
  { socket: options, auth = newAuth() }: LinkOptions = {},
): Promise<{ auth: TestAuth; linked: LinkedDevice }> {
  const registering = openClient(url, auth, options)
  const closed = untilClosed(registering)
  const linked = await linking.scan(phone, await untilQr(registering))
  await closed
  await leavePreKeys(auth, persons.deviceOf(linked))
  return { auth, linked }
}

/** Links a new Baileys client to a phone (digits) by QR code, and logs it in. */
export async function linkClient(
  url: string,
  server: Pick<WhatsAppServer, 'linking' | 'persons'>,
  phone: string,
  options: LinkOptions = {},
): Promise<{ socket: WASocket; auth: TestAuth; linked: LinkedDevice }> {
  const { auth, linked } = await linkDevice(url, server, phone, options)
  const socket = openClient(url, auth, options.socket)
  await untilOpen(socket)
  return { socket, auth, linked }
}

/** More than Baileys wants to find: it uploads none, which would keep the test's process alive for half a minute. */
const PRE_KEYS = 20

/** Leaves keys for a client that was linked just now, as its first login would. */
export async function leavePreKeys(auth: TestAuth, device: Device | undefined): Promise<void> {
  const { update, preKeys } = await getNextPreKeys(auth, PRE_KEYS)
  Object.assign(auth.creds, update)
  for (const [id, pair] of Object.entries(preKeys)) {
    device?.companion?.keys?.preKeys.set(Number(id), pair.public)
  }
}

function statusCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('output' in error)) return undefined
  const { output } = error as { output: { statusCode?: number } }
  return output.statusCode
}
