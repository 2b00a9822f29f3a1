import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { type CastVote, encryptVote } from '../testing/encrypt-vote.ts'
import { decryptVote, optionId } from './decrypt-vote.ts'

const VOTER = '5511933330001@s.whatsapp.net'
const VOTER_LID = '77000000000001@lid'
const CREATOR = '5511900000000@s.whatsapp.net'
const CREATOR_LID = '88000000000001@lid'

const vote = (fields: Partial<CastVote> = {}): CastVote => ({
  pollMessageId: '3EB0POLL',
  secret: randomBytes(32),
  voter: VOTER,
  creator: CREATOR,
  options: ['Yes'],
  ...fields,
})

t.test('a vote is read whichever of their spellings WhatsApp bound it to', async (t) => {
  for (const voter of [VOTER, VOTER_LID]) {
    for (const creator of [CREATOR, CREATOR_LID]) {
      const cast = vote({ voter, creator, options: ['Yes', 'No'] })
      const ids = decryptVote(encryptVote(cast), {
        ...cast,
        voterJids: [VOTER, VOTER_LID],
        creatorJids: [CREATOR, CREATOR_LID],
      })
      t.same(ids, [optionId('Yes'), optionId('No')], `${voter} ${creator}`)
    }
  }
})

t.test('a vote that was taken back chooses nothing, one of somebody else is not read', async (t) => {
  const keys = { voterJids: [VOTER], creatorJids: [CREATOR] }
  const none = vote({ options: [] })
  t.same(decryptVote(encryptVote(none), { ...none, ...keys }), [])
  const theirs = vote({ voter: '5511933330002@s.whatsapp.net' })
  t.equal(decryptVote(encryptVote(theirs), { ...theirs, ...keys }), undefined)
  const own = vote()
  t.equal(decryptVote(encryptVote(own), { ...own, ...keys, secret: randomBytes(32) }), undefined)
})

t.test('Baileys reads the same votes from the same bytes', async (t) => {
  const { decryptPollVote } = await import('@whiskeysockets/baileys')
  const cast = vote({ options: ['Sim', 'Não', '🙂'] })
  const { payload, iv } = encryptVote(cast)
  const theirs = decryptPollVote(
    { encPayload: payload, encIv: iv },
    {
      pollCreatorJid: cast.creator,
      pollMsgId: cast.pollMessageId,
      pollEncKey: cast.secret,
      voterJid: cast.voter,
    },
  )
  const ours = decryptVote({ payload, iv }, { ...cast, voterJids: [cast.voter], creatorJids: [cast.creator] })
  t.same(
    ours,
    theirs.selectedOptions?.map((id) => Buffer.from(id).toString('hex')),
  )
  t.equal(ours?.length, 3)
})

t.test('bytes that are no vote are no vote, and nothing is thrown', async (t) => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(bytes, bytes, bytes, (payload, iv, secret) => {
        const keys = { pollMessageId: 'P', secret, voterJids: [VOTER], creatorJids: [CREATOR] }
        assert.equal(decryptVote({ payload, iv }, keys), undefined)
      }),
    ),
  )
})
