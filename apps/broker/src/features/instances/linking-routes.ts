import { PairInstance, ShownPairingCode, ShownQr } from '@carteiro/contracts/broker-api'
import { Slug } from '@carteiro/contracts/identifier'
import { parseRecipient } from '@carteiro/contracts/jid'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { toBuffer } from 'qrcode'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

type Needed = Pick<Dependencies, 'instances' | 'sessions' | 'acts'>

const params = z.object({ id: Slug })
/** Below the 25 s of every answer of the broker. */
const CODE_TIMEOUT_MS = 15_000

/** How an instance is linked: a QR code to scan, or a code to type. Both are credentials, and nobody keeps them. */
export function linkingRoutes(server: HttpServer, dependencies: Needed): void {
  server.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  server.get(
    '/instances/:id/qr',
    { schema: { tags: ['linking'], params, response: { 200: ShownQr } } },
    async (request) => {
      const { qr, expiresAt } = await findQr(dependencies, request.params.id)
      return { qr, expiresAt: expiresAt.toISOString(), available: true as const }
    },
  )

  server.get('/instances/:id/qr.png', { schema: { tags: ['linking'], params } }, async (request, reply) => {
    const { qr } = await findQr(dependencies, request.params.id)
    return reply.type('image/png').send(await toBuffer(qr, { type: 'png', scale: 6 }))
  })

  server.post(
    '/instances/:id/pair',
    { schema: { tags: ['linking'], params, body: PairInstance, response: { 200: ShownPairingCode } } },
    async (request) => await askForCode(dependencies, request.params.id, request.body.phoneNumber),
  )
}

/** @throws Problem QR_NOT_AVAILABLE, with the reason */
async function findQr({ instances, sessions }: Needed, id: string) {
  const { status, lastError } = await instances.get(id)
  const shown = sessions.qr(id)
  if (shown) return shown
  throw new Problem('QR_NOT_AVAILABLE', whyNoQr(id, status, lastError), {
    details: { status, reason: lastError },
  })
}

function whyNoQr(id: string, status: string, lastError: string | null): string {
  if (status === 'connected') return `${id} is linked already.`
  if (status === 'connecting') return `${id} has no code yet: ask again in a moment.`
  if (lastError === 'qr_expired') return `Nobody scanned the codes of ${id}: connect it again for new ones.`
  return `${id} is not being linked: connect it first.`
}

async function askForCode({ instances, sessions, acts }: Needed, id: string, phoneNumber: string) {
  const phone = parseRecipient(phoneNumber)
  if (phone?.kind !== 'phone') {
    throw new Problem(
      'INVALID_PAYLOAD',
      'phoneNumber must be the phone that shall link it, as +5511987654321.',
    )
  }
  const { status } = await instances.get(id)
  if (status === 'connected') {
    throw new Problem('IMPOSSIBLE_TRANSITION', `${id} is linked already: log it out first.`)
  }
  await acts.connect(id)
  const code = await sessions.requestCode(id, phone.digits, CODE_TIMEOUT_MS)
  if (!code) {
    throw new Problem('QR_NOT_AVAILABLE', `WhatsApp gave ${id} no code in time: ask again in a moment.`, {
      details: { status: sessions.state(id)?.status ?? status },
    })
  }
  return { pairingCode: code.pairingCode, expiresAt: code.expiresAt.toISOString() }
}
