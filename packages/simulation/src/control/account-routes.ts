import { Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'
import { z } from 'zod'
import { describeClients, listAccounts } from './accounts.ts'
import type { BrokerAccess, ControlDependencies } from './control-dependencies.ts'
import { Phone, PhoneParams } from './fields.ts'
import { readBrokerQr } from './read-broker-qr.ts'

const Account = z.object({
  phone: z.string(),
  lid: z.string(),
  pushName: z.string(),
  /** How often its phone linked a client, ever. */
  links: z.number(),
  companions: z.array(
    z.object({
      device: z.number(),
      jid: z.string(),
      connected: z.boolean(),
      logins: z.number(),
      waiting: z.number(),
    }),
  ),
})

const LinkedDevice = z.object({ phone: z.string(), device: z.number(), jid: z.string(), lid: z.string() })
type LinkedDevice = z.output<typeof LinkedDevice>

const Broker = z.strictObject({
  instanceId: Slug,
  url: z
    .string()
    .max(200)
    .refine((url) => isLoopbackUrl(url, ['http:']), 'must be http on a loopback address')
    .optional(),
  apiKey: z
    .string()
    .regex(/^[\x20-\x7e]{1,200}$/, 'must be up to 200 letters, digits, spaces or signs')
    .optional(),
})

const LinkBody = z.union(
  [
    z.strictObject({ qr: z.string().min(1).max(1_024) }),
    z.strictObject({ pairingCode: z.string().min(1).max(40) }),
    z.strictObject({ broker: Broker }),
  ],
  { error: 'must be {"qr": "..."}, {"pairingCode": "..."} or {"broker": {"instanceId": "..."}}' },
)
type LinkBody = z.output<typeof LinkBody>

const DeviceParams = z.object({ phone: Phone, device: z.coerce.number().int().min(1).max(99) })

/** Accounts, as their phones see them: which clients are linked, linking another, and logging one out. */
export function addAccountRoutes(server: HttpServer, dependencies: ControlDependencies): void {
  const { whatsapp, changes } = dependencies
  const { linking } = whatsapp

  server.get(
    '/accounts',
    { schema: { response: { 200: z.object({ items: z.array(Account) }) } } },
    async () => ({
      items: listAccounts(whatsapp).map((person) => {
        const { phone, lid, pushName, nextDevice } = person
        return { phone, lid, pushName, links: nextDevice - 1, companions: describeClients(person) }
      }),
    }),
  )

  server.post(
    '/accounts/:phone/link',
    { schema: { params: PhoneParams, body: LinkBody, response: { 201: LinkedDevice } } },
    async ({ params, body }, reply) => {
      const linked = await link(dependencies, params.phone, body)
      changes.tellAll()
      return reply.status(201).send(linked)
    },
  )

  server.get(
    '/accounts/:phone/devices',
    { schema: { params: PhoneParams, response: { 200: z.object({ devices: z.array(LinkedDevice) }) } } },
    async ({ params }) => ({ devices: linking.companions(params.phone) }),
  )

  server.delete(
    '/accounts/:phone/devices/:device',
    { schema: { params: DeviceParams, response: { 204: z.null() } } },
    async ({ params }, reply) => {
      linking.remove(params.phone, params.device)
      changes.tellAll()
      return reply.status(204).send(null)
    },
  )

  server.post(
    '/accounts/:phone/logout',
    { schema: { params: PhoneParams, response: { 204: z.null() } } },
    async ({ params }, reply) => {
      for (const { device } of linking.companions(params.phone)) linking.remove(params.phone, device)
      changes.tellAll()
      return reply.status(204).send(null)
    },
  )
}

async function link(
  { whatsapp: { linking }, broker }: ControlDependencies,
  phone: string,
  body: LinkBody,
): Promise<LinkedDevice> {
  if ('pairingCode' in body) return await linking.typeCode(phone, body.pairingCode)
  if ('qr' in body) return await linking.scan(phone, body.qr)
  const { instanceId } = body.broker
  return await linking.scan(phone, await readBrokerQr(chooseBroker(body.broker, broker), instanceId))
}

/** @throws Problem when it is not said which broker is meant */
function chooseBroker(
  { url, apiKey }: z.output<typeof Broker>,
  known: BrokerAccess | undefined,
): BrokerAccess {
  // The known broker's key is for the known broker alone.
  if (url !== undefined && apiKey !== undefined) return { url, apiKey }
  if (url === undefined && apiKey === undefined && known) return known
  throw new Problem('VALIDATION_ERROR', 'Name the broker: its "url" and its "apiKey".')
}
