import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Linking } from './create-linking.ts'

const Phone = z
  .string()
  .regex(/^\+?\d{8,15}$/, 'must be a phone of 8 to 15 digits')
  .transform((phone) => phone.replace('+', ''))

const Device = z.object({ phone: z.string(), device: z.number(), jid: z.string(), lid: z.string() })

const LinkBody = z.union([
  z.object({ qr: z.string().min(1).max(1_024) }).strict(),
  z.object({ pairingCode: z.string().min(1).max(40) }).strict(),
])

/** What a phone's owner does about linked devices: link one by its QR or pairing code, list them, log one out. */
export function addAccountRoutes(server: HttpServer, linking: Linking): void {
  const params = z.object({ phone: Phone })

  server.post(
    '/accounts/:phone/link',
    { schema: { params, body: LinkBody, response: { 201: Device } } },
    async ({ params: { phone }, body }, reply) => {
      const linked =
        'qr' in body ? await linking.scan(phone, body.qr) : await linking.typeCode(phone, body.pairingCode)
      return reply.status(201).send(linked)
    },
  )

  server.get(
    '/accounts/:phone/devices',
    { schema: { params, response: { 200: z.object({ devices: z.array(Device) }) } } },
    async ({ params: { phone } }) => ({ devices: linking.companions(phone) }),
  )

  server.delete(
    '/accounts/:phone/devices/:device',
    {
      schema: {
        params: params.extend({ device: z.coerce.number().int().min(1).max(99) }),
        response: { 204: z.null() },
      },
    },
    async ({ params: { phone, device } }, reply) => {
      linking.remove(phone, device)
      return reply.status(204).send(null)
    },
  )
}
