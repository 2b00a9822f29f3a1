import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { ControlDependencies } from './control-dependencies.ts'
import { Phone, PhoneParams, PushName } from './fields.ts'
import { findPhone, namePerson, requirePhone } from './find-person.ts'

const Delay = z.int().min(0).max(600_000).nullable()

const Customer = z.object({
  phone: z.string(),
  lid: z.string(),
  pushName: z.string(),
  onWhatsApp: z.boolean(),
  online: z.boolean(),
  /** Milliseconds until the phone confirms what came; `null` for never. */
  deliveredAfterMs: z.number().nullable(),
  /** Milliseconds until the person reads it; `null` for never by itself. */
  readAfterMs: z.number().nullable(),
  addressing: z.enum(['pn', 'lid']),
  /** Whoever gets what this person writes by LID is not told the phone. */
  hidesPhone: z.boolean(),
  /** Who asks for the LID, or gets what this person writes by phone, is told none. */
  hidesLid: z.boolean(),
  blocked: z.array(z.string()),
})

const Settings = z
  .strictObject({
    pushName: PushName.exactOptional(),
    onWhatsApp: z.boolean().exactOptional(),
    online: z.boolean().exactOptional(),
    deliveredAfterMs: Delay.exactOptional(),
    readAfterMs: Delay.exactOptional(),
    addressing: z.enum(['pn', 'lid']).exactOptional(),
    hidesPhone: z.boolean().exactOptional(),
    hidesLid: z.boolean().exactOptional(),
  })
  .refine((settings) => Object.keys(settings).length > 0, 'must change something')

const BlockParams = PhoneParams.extend({ other: Phone })

type Whatsapp = ControlDependencies['whatsapp']

/** A person and how they treat what comes. */
export function addCustomerRoutes(server: HttpServer, { whatsapp, changes }: ControlDependencies): void {
  const response = { 200: Customer }

  server.get('/customers/:phone', { schema: { params: PhoneParams, response } }, async ({ params }) =>
    describe(whatsapp, params.phone),
  )

  server.patch(
    '/customers/:phone',
    { schema: { params: PhoneParams, body: Settings, response } },
    async ({ params, body }) => {
      change(whatsapp, params.phone, body)
      changes.tell(params.phone)
      return describe(whatsapp, params.phone)
    },
  )

  for (const [method, blocks] of [
    ['PUT', true],
    ['DELETE', false],
  ] as const) {
    server.route({
      method,
      url: '/customers/:phone/blocked/:other',
      schema: { params: BlockParams, response },
      handler: async ({ params }) => {
        block(whatsapp, params, blocks)
        return describe(whatsapp, params.phone)
      },
    })
  }

  server.post(
    '/customers/:phone/unreadable',
    {
      schema: {
        params: PhoneParams,
        body: z.object({ count: z.int().min(0).max(1_000) }),
        response: { 204: z.null() },
      },
    },
    async ({ params, body }, reply) => {
      requirePhone(whatsapp, params.phone).phone.failToOpen(body.count)
      return reply.status(204).send(null)
    },
  )
}

function change(whatsapp: Whatsapp, digits: string, settings: z.output<typeof Settings>): void {
  const { pushName, onWhatsApp, online, hidesPhone, hidesLid, ...treatment } = settings
  const person = namePerson(whatsapp, digits)
  if (hidesPhone !== undefined) person.hidesPhone = hidesPhone
  if (hidesLid !== undefined) person.hidesLid = hidesLid
  if (onWhatsApp !== undefined) person.onWhatsApp = onWhatsApp
  if (online !== undefined || Object.keys(treatment).length > 0) {
    const device = requirePhone(whatsapp, digits)
    const name = person.pushName
    device.phone.configure(treatment)
    if (online !== undefined) device.phone.setOnline(online)
    device.wake()
    // A phone that comes online says the name that it was made with.
    person.pushName = name
  }
  if (pushName !== undefined) person.pushName = pushName
}

function block(whatsapp: Whatsapp, { phone, other }: z.output<typeof BlockParams>, blocks: boolean): void {
  const device = requirePhone(whatsapp, phone)
  // The server keeps away what a blocked person writes; the phone knows whom it blocked.
  if (blocks) {
    device.person.blocked.add(other)
    device.phone.block(other)
  } else {
    device.person.blocked.delete(other)
    device.phone.unblock(other)
  }
}

function describe(whatsapp: Whatsapp, digits: string): z.output<typeof Customer> {
  const { phone, lid, pushName, onWhatsApp, hidesPhone, hidesLid, blocked } = namePerson(whatsapp, digits)
  const device = onWhatsApp
    ? whatsapp.persons.phoneOf(namePerson(whatsapp, digits))
    : findPhone(whatsapp, digits)
  const { deliveredAfterMs = null, readAfterMs = null, addressing = 'pn' } = device?.phone.settings ?? {}
  return {
    phone,
    lid,
    pushName,
    onWhatsApp,
    online: onWhatsApp && (device?.phone.online ?? false),
    deliveredAfterMs,
    readAfterMs,
    addressing,
    hidesPhone,
    hidesLid,
    blocked: [...blocked].sort(),
  }
}
