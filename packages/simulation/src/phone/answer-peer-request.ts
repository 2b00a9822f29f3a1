import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { isShown, messageInfoOf } from './message-info.ts'
import type { PhoneParts } from './phone-parts.ts'
import { isGroup } from './stanza-type.ts'
import { newMessageId } from './write-message.ts'

const { PLACEHOLDER_MESSAGE_RESEND } = proto.Message.PeerDataOperationRequestType
const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } = proto.Message.ProtocolMessage.Type
type Result = proto.Message.PeerDataOperationRequestResponseMessage.IPeerDataOperationResult

/** Messages told in one answer. */
const RESULTS_LIMIT = 50

/** Answers an own companion that could not open messages and asks for what the phone has of them. */
export async function answerPeerRequest(
  parts: PhoneParts,
  { attrs }: BinaryNode,
  message: proto.IMessage,
): Promise<void> {
  const { sealer, send } = parts
  const request = message.protocolMessage?.peerDataOperationRequestMessage
  if (!attrs.from || !attrs.id || request?.peerDataOperationRequestType !== PLACEHOLDER_MESSAGE_RESEND) return
  const asked = (request.placeholderMessageResendRequest ?? []).slice(0, RESULTS_LIMIT)
  const answer = {
    protocolMessage: {
      type: PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationRequestType: PLACEHOLDER_MESSAGE_RESEND,
        stanzaId: attrs.id,
        peerDataOperationResult: asked.map(({ messageKey }) => resultFor(parts, messageKey ?? {})),
      },
    },
  }
  send(await sealer.sealForCompanion(newMessageId(), attrs.from, answer))
}

function resultFor({ own, port, log }: PhoneParts, key: proto.IMessageKey): Result {
  const { remoteJid, participant, fromMe, id } = key
  if (!remoteJid || !id) return {}
  const chat = isGroup(remoteJid) ? remoteJid : port.personOf(remoteJid)?.phone
  const from = fromMe ? own.phone : port.personOf(participant || remoteJid)?.phone
  const entry = chat === undefined || from === undefined ? undefined : log.find(chat, id, from)
  if (!entry?.message || !isShown(entry)) return {}
  const webMessageInfoBytes = proto.WebMessageInfo.encode(messageInfoOf(key, entry)).finish()
  return { placeholderMessageResendResponse: { webMessageInfoBytes } }
}
