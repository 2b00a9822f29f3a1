import { randomBytes } from 'node:crypto'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { encryptVote } from '../testing/encrypt-vote.ts'
import { messageEnvelope, voteEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { optionId } from './decrypt-vote.ts'
import { recordVote } from './record-vote.ts'
import { saveMessage } from './save-message.ts'

const domain = await startDomain(t)
const { db } = domain
await db
  .updateTable('instance')
  .set({ phone: '+5511900000000', lid: '88001@lid' })
  .where('id', '=', 'acme-phone')
  .execute()

const PHONE = '+5511933330001'
const VOTER = '5511933330001@s.whatsapp.net'
const OPTIONS = ['Yes', 'No']

const poll = (secret: Buffer | undefined, providerMessageId = newId()) =>
  messageEnvelope({
    phone: PHONE,
    direction: 'outbound',
    providerMessageId,
    message: {
      type: 'poll',
      text: 'Shall we?',
      poll: {
        name: 'Shall we?',
        options: OPTIONS.map((name) => ({ id: optionId(name), name })),
        ...(secret ? { messageSecret: secret.toString('base64') } : {}),
      },
    },
  })
const save = (envelope: ReturnType<typeof poll>) => commit(domain, (work) => saveMessage(work, envelope))
const record = (envelope: Parameters<typeof recordVote>[1]) =>
  commit(domain, (work) => recordVote(work, envelope))

interface Choice {
  pollMessageId: string
  secret: Buffer
  options: string[]
  second?: number
  voter?: string
  creator?: string
}

const encrypted = ({
  second = 0,
  voter = VOTER,
  creator = '5511900000000@s.whatsapp.net',
  ...choice
}: Choice) => {
  const { payload, iv } = encryptVote({ voter, creator, ...choice })
  return voteEnvelope({
    phone: PHONE,
    pollMessageId: choice.pollMessageId,
    timestamp: `2024-05-02T13:05:0${second}.000Z`,
    encrypted: { payload: payload.toString('base64'), iv: iv.toString('base64') },
  })
}

/** The poll's votes as they were told last. */
async function votesOf(pollMessageId: string): Promise<unknown> {
  const { rows } = await sql<{ votes: unknown }>`
    select payload #> '{change,votes}' as votes from event where type = 'messages.updated'
      and payload #>> '{message,providerMessageId}' = ${pollMessageId} order by seq desc limit 1`.execute(db)
  return rows[0]?.votes
}

t.test('a vote is read with the poll\u2019s secret, and a changed vote replaces the former', async (t) => {
  const secret = randomBytes(32)
  const { providerMessageId: pollMessageId, ...rest } = poll(secret)
  await save({ ...rest, providerMessageId: pollMessageId })
  const choose = (options: string[], second: number) =>
    record(encrypted({ pollMessageId, secret, options, second }))
  t.match(await choose(['Yes'], 1), { status: 'voted' })
  t.same(await votesOf(pollMessageId), [{ by: VOTER, selectedOptions: ['Yes'] }])
  await choose(['No'], 3)
  t.match(await choose(['Yes'], 2), { status: 'stale' })
  t.same(await votesOf(pollMessageId), [{ by: VOTER, selectedOptions: ['No'] }])
  await choose([], 4)
  t.same(await votesOf(pollMessageId), [{ by: VOTER, selectedOptions: [] }], 'taken back')
})

t.test('votes that come before the poll\u2019s secret are kept, and read when it comes', async (t) => {
  const [secret, pollMessageId] = [randomBytes(32), newId()]
  t.match(await record(encrypted({ pollMessageId, secret, options: ['No'] })), { status: 'waiting' })
  await save(poll(undefined, pollMessageId))
  t.equal(await votesOf(pollMessageId), undefined)
  t.match(
    await save(poll(secret, pollMessageId)),
    { status: 'duplicate' },
    'the phone\u2019s copy brings the secret',
  )
  t.same(await votesOf(pollMessageId), [{ by: VOTER, selectedOptions: ['No'] }])
})

t.test('a vote that is bound to LIDs is read where only phones were told', async (t) => {
  const secret = randomBytes(32)
  const sent = poll(secret)
  await save(sent)
  await db.updateTable('contact').set({ lid: '77001@lid' }).where('phone', '=', PHONE).execute()
  const vote = encrypted({
    pollMessageId: sent.providerMessageId,
    secret,
    options: ['Yes'],
    voter: '77001@lid',
    creator: '88001@lid',
  })
  t.match(await record(vote), { status: 'voted' })
  t.same(await votesOf(sent.providerMessageId), [{ by: VOTER, selectedOptions: ['Yes'] }])
})

t.test('a vote that a broker has read is taken by its names', async (t) => {
  const sent = poll(undefined)
  await save(sent)
  const vote = voteEnvelope({
    phone: PHONE,
    pollMessageId: sent.providerMessageId,
    selectedOptionIds: [optionId('Yes')],
    selectedOptions: ['Yes'],
  })
  t.match(await record(vote), { status: 'voted' })
  t.same(await votesOf(sent.providerMessageId), [{ by: VOTER, selectedOptions: ['Yes'] }])
})
