import { createHash } from 'node:crypto'
import type { Envelope } from '@carteiro/contracts/envelope'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { encryptVote } from '@carteiro/domain/testing/encrypt-vote'
import {
  editEnvelope,
  envelopeBase,
  messageEnvelope,
  reactionEnvelope,
  revokeEnvelope,
  statusEnvelope,
  undecryptableEnvelope,
  voteEnvelope,
} from '@carteiro/domain/testing/envelopes'
import { queueInShard } from '@carteiro/domain/testing/queue-in-shard'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createRegistry } from '@carteiro/runtime/metrics'
import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { applyEnvelopes } from './apply-envelope.ts'
import { processBatch } from './process-batch.ts'

const domain = await startDomain(t)
const { db } = domain
await createInstance(db, { id: 'acme-second', tenantId: 'acme', name: 'Second' })
const dependencies = {
  ...domain,
  report: createReport(createRegistry(), domain.logger),
  config: { INBOUND_MAX_ATTEMPTS: 1 },
}

const SHARD = 0
const SECRET = Buffer.alloc(32, 7)
const OPTIONS = ['Yes', 'No']
const PEOPLE = 3
const phoneOf = (who: number) => `+551193336000${who}`
const jidOf = (who: number) => `${phoneOf(who).slice(1)}@s.whatsapp.net`
const lidOf = (who: number) => `77${who}@lid`
const messageId = (n: number) => `message-${n}`

const who = fc.nat({ max: PEOPLE - 1 })
const id = fc.nat({ max: 9 })
const name = fc.option(fc.constantFrom('Ana', 'Bia'), { nil: null })
const instanceId = fc.constantFrom('acme-phone', 'acme-phone', 'acme-phone', 'acme-second')
const details = fc.record({
  name,
  pushName: name,
  document: fc.option(fc.constantFrom('1', '2'), { nil: null }),
  registrations: fc.option(fc.constantFrom<string[]>([], ['A'], ['B', 'C']), { nil: null }),
})

/** Who is meant: by phone, by LID, or by both; now and then the two are not one person's. */
const chat = fc.oneof(
  who.map((n) => ({ chatKey: jidOf(n), contact: { phone: phoneOf(n) } })),
  who.map((n) => ({ chatKey: lidOf(n), contact: {} })),
  who.map((n) => ({ chatKey: lidOf(n), contact: { phone: phoneOf(n) } })),
  fc.tuple(who, who).map(([n, other]) => ({ chatKey: lidOf(n), contact: { phone: phoneOf(other) } })),
)
const sender = fc.tuple(chat, details, instanceId).map(([{ chatKey, contact }, more, instance]) => ({
  chatKey,
  contact: { ...more, ...contact },
  instanceId: instance,
}))

const direction = fc.constantFrom('inbound' as const, 'inbound' as const, 'outbound' as const)
const message = fc
  .tuple(sender, id, direction)
  .map(([fields, n, way]) =>
    messageEnvelope({ ...fields, direction: way, providerMessageId: messageId(n), text: `text ${n}` }),
  )
const groupMessage = fc.tuple(who, id).map(([n, own]) =>
  messageEnvelope({
    chatKey: '120363000000000001@g.us',
    participantJid: jidOf(n),
    contact: { phone: phoneOf(n), pushName: 'Member' },
    providerMessageId: messageId(own),
  }),
)
const pollMessage = fc.tuple(sender, id, fc.boolean()).map(([fields, n, hasSecret]) => {
  const poll = {
    name: 'Which?',
    options: OPTIONS,
    ...(hasSecret ? { messageSecret: SECRET.toString('base64') } : {}),
  }
  return messageEnvelope({
    ...fields,
    providerMessageId: messageId(n),
    direction: 'inbound',
    message: { type: 'poll', poll },
  })
})
const undecryptable = fc
  .tuple(sender, id)
  .map(([fields, n]) => undecryptableEnvelope({ ...fields, providerMessageId: messageId(n) }))
const change = fc
  .tuple(id, who, fc.constantFrom('edit', 'revoke', 'reaction'))
  .map(([n, by, kind]): Envelope => {
    const fields = { phone: phoneOf(by), targetMessageId: messageId(n) }
    if (kind === 'edit') return editEnvelope({ ...fields, text: `edited by ${by}` })
    if (kind === 'revoke') return revokeEnvelope(fields)
    return reactionEnvelope({ ...fields, participantJid: jidOf(by) })
  })
const vote = fc.tuple(id, who, fc.constantFrom(...OPTIONS), fc.boolean()).map(([n, by, option, isSealed]) => {
  const fields = { phone: phoneOf(by), pollMessageId: messageId(n) }
  if (!isSealed) return voteEnvelope({ ...fields, selectedOptions: [option] })
  const cast = {
    pollMessageId: messageId(n),
    secret: SECRET,
    voter: jidOf(by),
    creator: jidOf(0),
    options: [option],
  }
  const { payload, iv } = encryptVote(cast)
  const encrypted = { payload: payload.toString('base64'), iv: iv.toString('base64') }
  return voteEnvelope({ ...fields, encrypted, creatorJids: [jidOf(0)] })
})
const mapping = who.map(
  (n): Envelope => ({
    ...envelopeBase(),
    kind: 'contact',
    contact: {},
    phone: phoneOf(n),
    lid: lidOf(n),
  }),
)
const status = fc
  .tuple(id, fc.constantFrom('SENT' as const, 'DELIVERED' as const, 'READ' as const))
  .map(([n, state]) => statusEnvelope({ providerMessageId: messageId(n), status: state }))

const envelope: fc.Arbitrary<Envelope> = fc.oneof(
  { weight: 12, arbitrary: message },
  { weight: 2, arbitrary: groupMessage },
  { weight: 2, arbitrary: pollMessage },
  { weight: 2, arbitrary: undecryptable },
  { weight: 3, arbitrary: change },
  { weight: 2, arbitrary: vote },
  { weight: 1, arbitrary: mapping },
  { weight: 1, arbitrary: status },
)

const TABLES = [
  'event',
  'message',
  'contact',
  'ticket',
  'timeline_entry',
  'message_receipt',
  'early_receipt',
  'message_reaction',
  'poll',
  'poll_vote',
  'pending_change',
]
/** By arrival: our ids rise with it. */
const ORDER: Record<string, string> = {
  event: 'seq',
  message: 'number',
  contact: 'id',
  ticket: 'id',
  timeline_entry: 'id',
  pending_change: 'number',
}
const CLOCKS =
  /"(created_at|createdAt|updated_at|received_at|occurred_at|closed_at|number|seq)": ?("[^"]*"|\d+|null)/g
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g

/** How tickets and contacts stand is told as the whole batch left them: their tables are compared. */
const TOLD = sql`where type not in ('contacts.new', 'contact.updated')`
/** All that is stored, without clocks, each id by its first mention. */
async function snapshot(): Promise<string[]> {
  const ids = new Map<string, string>()
  const lines: string[] = []
  for (const table of TABLES) {
    const { rows } = await sql<{ row: string }>`
      select (to_jsonb(r) #- '{payload,ticket}' #- '{payload,timeline}' #- '{payload,contact}')::text as row
      from ${sql.table(table)} r ${table === 'event' ? TOLD : sql``}
      order by ${ORDER[table] ? sql.ref(ORDER[table]) : sql`r::text`}`.execute(db)
    for (const { row } of rows) lines.push(`${table} ${row.replace(CLOCKS, '')}`)
  }
  return lines.map((line) =>
    line.replace(UUID, (uuid) => {
      if (!ids.has(uuid)) ids.set(uuid, `#${ids.size}`)
      return ids.get(uuid) ?? ''
    }),
  )
}

const CLEARED = [...TABLES, 'applied_envelope'].map((table) => sql.table(table))
const clear = () => sql`truncate ${sql.join(CLEARED)} cascade`.execute(db)

async function applyInBatches(batches: Envelope[][]): Promise<string[]> {
  await clear()
  for (const batch of batches) {
    await queueInShard(domain, SHARD, batch)
    await processBatch(dependencies, SHARD)
  }
  return snapshot()
}

async function applyOneByOne(envelopes: Envelope[]): Promise<string[]> {
  await clear()
  for (const one of envelopes) await commit(domain, (work) => applyEnvelopes(domain.queue, work, [one]))
  return snapshot()
}

/** Receipts come last in a batch, by the order in which rows are locked: here each is a batch of its own. */
function cut(envelopes: Envelope[], sizes: number[]): Envelope[][] {
  const batches: Envelope[][] = []
  let left = 0
  for (const one of envelopes) {
    if (left === 0 || one.kind === 'status' || batches.at(-1)?.[0]?.kind === 'status') {
      batches.push([])
      left = sizes[batches.length % sizes.length] ?? 1
    }
    batches.at(-1)?.push(one)
    left--
  }
  return batches
}

/** A second apart, so that no order hangs on two clocks that show the same. */
const inTime = (envelopes: Envelope[]): Envelope[] =>
  envelopes.map((one, index) => ({
    ...one,
    id: createHash('md5')
      .update(String(index))
      .digest('hex')
      .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    timestamp: new Date(Date.UTC(2024, 4, 2, 13, 5, index)).toISOString(),
  }))

t.test('whatever comes in is stored and told alike, in batches of any size or one by one', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.array(envelope, { minLength: 2, maxLength: 30 }), sizes, async (envelopes, cuts) => {
      const script = inTime(envelopes)
      const together = await applyInBatches(cut(script, cuts))
      const alone = await applyOneByOne(script)
      const differing = together.findIndex((line, index) => line !== alone[index])
      const length = Math.max(together.length, alone.length)
      if (together.length === length && alone.length === length && differing === -1) return
      throw new Error(`in batches:\n${together.join('\n')}\n\none by one:\n${alone.join('\n')}`)
    }),
    { numRuns: 20 },
  )
})
