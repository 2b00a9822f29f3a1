import { firstText, isObject, type JsonObject, objectOf, textOf } from '../../json/json-value.ts'
import { type Outcome, rejected, taken } from './draft.ts'
import { MAX_ID_CHARACTERS } from './message-id.ts'
import { jidsOf, pushNameOf, readChat, readParticipant } from './raw/contact.ts'
import { optionId, optionName } from './raw/poll.ts'

const MAX_OPTIONS = 100

/** `POLL_CHOICE`: a vote that a broker has decrypted. Pure. */
export function readPollChoice(event: JsonObject): Outcome {
  const payload = isObject(event.payload) ? event.payload : event
  const pollId = firstText(payload.pollId, payload.pollMessageId, objectOf(payload.pollCreationMessageKey).id)
  if (pollId === undefined || pollId.length > MAX_ID_CHARACTERS) {
    return rejected('missing_id', 'payload.pollId', 'must name the poll')
  }
  const voter = readVoter(payload)
  if (!voter) return rejected('invalid_contract', 'payload.voterJid', 'must name a person')
  const chat = readChat(firstText(payload.chatId, payload.remoteJid) ?? voter.jid, [voter.phone, voter.lid])
  if (!chat) return rejected('invalid_contract', 'payload.chatId', 'must name a chat')
  const timestamp = event.timestamp ?? payload.timestamp
  const choice = readChoice(payload)
  const eventId = firstText(objectOf(payload.key).id, payload.messageId, event.id)
  const ownId =
    eventId?.slice(0, MAX_ID_CHARACTERS) ?? [pollId, voter.jid, momentOf(timestamp, choice)].join(':')
  return taken({
    body: {
      kind: 'vote',
      contact: voter.contact,
      participantJid: chat.isGroup ? voter.jid : null,
      providerMessageId: ownId,
      pollMessageId: pollId,
      voterJids: voter.jids,
      creatorJids: jidsOf([payload.creatorJid, payload.pollCreatorJid]),
      encrypted: null,
      ...choice,
    },
    ownId: [ownId],
    chatKey: chat.chatKey,
    timestamp,
    countedAs: 'ok',
  })
}

function readVoter(payload: JsonObject) {
  const { voterJid, voterJidAlt, voterPn, voterLid, voterPhone } = payload
  const spellings = [voterJid, voterJidAlt, voterPn, voterLid, voterPhone]
  const voter = readParticipant(spellings)
  if (!voter) return undefined
  const { phone, lid, jid } = voter
  const pushName = pushNameOf({ pushName: payload.voterName, notifyName: payload.pushName })
  const contact = { phone, name: null, pushName, ...(lid === null ? {} : { lid }) }
  return { phone, lid, jid, contact, jids: jidsOf([...spellings, jid]) }
}

interface Choice {
  selectedOptionIds: string[]
  selectedOptions: string[]
}

/** What tells one vote of a person from the next: the time, else what was chosen. */
function momentOf(timestamp: unknown, { selectedOptionIds }: Choice): string {
  if (timestamp === undefined || timestamp === null) return optionId(selectedOptionIds.join())
  return (firstText(timestamp) ?? JSON.stringify(timestamp)).slice(0, 100)
}

/** The options by name and by WhatsApp's id of them; where a broker writes ids of its own, its list of options helps. */
function readChoice(payload: JsonObject): Choice {
  const named = listOf(payload.selectedOptions).flatMap(optionName)
  const ids = listOf(payload.selectedOptionIds).flatMap((id) => textOf(id)?.slice(0, 256) ?? [])
  const byId = new Map(
    listOf(payload.options)
      .filter(isObject)
      .flatMap((option) => optionName(option).map((name) => [firstText(option.id, option.optionId), name])),
  )
  const selectedOptions = named.length > 0 ? named : ids.flatMap((id) => byId.get(id) ?? [])
  const complete = selectedOptions.length > 0 && selectedOptions.length >= ids.length
  return { selectedOptions, selectedOptionIds: complete ? selectedOptions.map(optionId) : ids }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, MAX_OPTIONS) : [])
