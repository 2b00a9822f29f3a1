import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Network } from './network.ts'
import type { WhatsAppAccount } from './whatsapp-account.ts'

interface Refusal {
  status: '400 Bad Request' | '404 Not Found' | '503 Service Unavailable'
  sentence: string
}

/**
 * Answers a request for a WebSocket, `/ws/chat?account=<phone digits>`: hands the socket to that account, breaks it
 * without an answer while the line is cut, or refuses it in a sentence.
 */
export function acceptUpgrade(
  network: Network,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  if (network.state() === 'cut') {
    socket.destroy()
    return
  }
  const account = findAccount(network, request.url)
  if ('status' in account) refuse(socket, account)
  else account.accept(request, socket, head)
}

function findAccount(network: Network, target: string | undefined): WhatsAppAccount | Refusal {
  const url = URL.parse(target ?? '', 'http://simulator')
  if (url?.pathname !== '/ws/chat') {
    return { status: '404 Not Found', sentence: 'Connect to /ws/chat?account=<phone digits>.' }
  }
  const phone = url.searchParams.get('account') ?? ''
  if (!/^\d{8,15}$/.test(phone)) {
    return {
      status: '400 Bad Request',
      sentence: 'Name the account: /ws/chat?account=<phone, 8 to 15 digits>.',
    }
  }
  return (
    network.link(phone) ?? {
      status: '503 Service Unavailable',
      sentence: 'Too many accounts; restart the simulator.',
    }
  )
}

function refuse(socket: Socket, { status, sentence }: Refusal): void {
  socket.on('error', () => socket.destroy())
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(sentence)}`,
      '',
      sentence,
    ].join('\r\n'),
    () => socket.destroy(),
  )
}
