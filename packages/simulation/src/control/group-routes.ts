import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { formatAddress } from '../server/address.ts'
import { groupQueries } from '../server/group-queries.ts'
import type { Group } from '../server/groups.ts'
import { allChildren, node } from '../server/nodes.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import type { ControlDependencies } from './control-dependencies.ts'
import { GroupJid, Phone } from './fields.ts'
import { namePerson, requirePhone } from './find-person.ts'

const Members = z.array(Phone).min(1).max(1_000)

const CreateBody = z.object({ subject: z.string().min(1).max(100), creator: Phone, members: Members })

const ChangeBody = z.object({
  /** An admin of the group. */
  by: Phone,
  change: z.enum(['add', 'remove', 'promote', 'demote']),
  phones: Members,
})

const RenameBody = z.object({ by: Phone, subject: z.string().min(1).max(100) })

const GroupFacts = z.object({
  jid: z.string(),
  subject: z.string(),
  creator: z.string(),
  members: z.array(z.object({ phone: z.string(), role: z.enum(['member', 'admin', 'superadmin']) })),
})

const Changed = GroupFacts.extend({
  /** Those for whom it failed, with WhatsApp's code. */
  failed: z.array(z.object({ phone: z.string(), code: z.number() })),
})

/** Groups: made and changed by the phones of their members, whose clients are told. */
export function addGroupRoutes(server: HttpServer, { whatsapp, changes }: ControlDependencies): void {
  const params = z.object({ jid: GroupJid })

  server.get(
    '/groups',
    { schema: { response: { 200: z.object({ items: z.array(GroupFacts) }) } } },
    async () => ({
      items: whatsapp.groups.all().map(describe),
    }),
  )

  server.get('/groups/:jid', { schema: { params, response: { 200: GroupFacts } } }, async ({ params }) =>
    describe(requireGroup(whatsapp, params.jid)),
  )

  server.post(
    '/groups',
    { schema: { body: CreateBody, response: { 201: GroupFacts } } },
    async ({ body }, reply) => {
      const group = create(whatsapp, body)
      changes.tellAll()
      return reply.status(201).send(describe(group))
    },
  )

  server.patch(
    '/groups/:jid',
    { schema: { params, body: RenameBody, response: { 200: GroupFacts } } },
    async ({ params, body: { by, subject } }) => {
      const group = requireGroup(whatsapp, params.jid)
      ask(whatsapp, by, { act: node('subject', {}, Buffer.from(subject)), to: group.jid })
      changes.tellAll()
      return describe(group)
    },
  )

  server.post(
    '/groups/:jid/members',
    { schema: { params, body: ChangeBody, response: { 200: Changed } } },
    async ({ params, body }) => {
      const group = requireGroup(whatsapp, params.jid)
      const failed = changeMembers(whatsapp, group, body)
      changes.tellAll()
      return { ...describe(group), failed }
    },
  )
}

function requireGroup({ groups }: WhatsAppServer, jid: string): Group {
  const group = groups.find(jid)
  if (group) return group
  throw new Problem('NOT_FOUND', `There is no group ${jid}. GET /groups lists the groups.`)
}

function create(whatsapp: WhatsAppServer, { subject, creator, members }: z.output<typeof CreateBody>): Group {
  for (const phone of members) namePerson(whatsapp, phone)
  const act = node('create', { subject }, participants(members))
  const [made] = ask(whatsapp, creator, { act, to: '@g.us' })
  return requireGroup(whatsapp, `${made?.attrs.id}@g.us`)
}

function changeMembers(
  whatsapp: WhatsAppServer,
  { jid }: Group,
  { by, change, phones }: z.output<typeof ChangeBody>,
): { phone: string; code: number }[] {
  const [answer] = ask(whatsapp, by, { act: node(change, {}, participants(phones)), to: jid })
  return allChildren(answer).flatMap(({ attrs }, index) => {
    const phone = phones[index]
    return attrs.error && phone !== undefined ? [{ phone, code: Number(attrs.error) }] : []
  })
}

/** Asks the server as this person's phone would. @throws Problem that says why it refused */
function ask(
  whatsapp: WhatsAppServer,
  phone: string,
  { act, to }: { act: ReturnType<typeof node>; to: string },
) {
  const device = requirePhone(whatsapp, phone)
  const query = node('iq', { to, type: 'set', xmlns: 'w:g2' }, [act])
  const answer = groupQueries[`w:g2 set ${act.tag}`]?.(whatsapp.world, device, query) ?? 501
  if (typeof answer !== 'number') return answer
  if (answer === 403) {
    throw new Problem('INVALID_TO', `${phone} is no admin of ${to}: GET /groups tells who is.`)
  }
  throw new Problem('IMPOSSIBLE_TRANSITION', `WhatsApp answered ${answer} to ${act.tag}.`)
}

const participants = (phones: string[]) =>
  phones.map((phone) => node('participant', { jid: formatAddress(phone, 'pn') }))

function describe({ jid, subject, creator, members }: Group): z.output<typeof GroupFacts> {
  return { jid, subject, creator, members: [...members].map(([phone, role]) => ({ phone, role })) }
}
