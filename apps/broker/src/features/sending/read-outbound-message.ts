import { type BrokerOutboundMessage, BrokerOutboundMessageSchema } from '@carteiro/contracts/broker-api'
import { Problem } from '@carteiro/contracts/problem'

const SENDABLE_TYPES: readonly string[] = BrokerOutboundMessageSchema.shape.type.unwrap().options

/**
 * Reads the body of a send in the spellings the field uses: the text in `message`, `text` or `content`.
 *
 * @param instanceId the path's: a body that names another is refused
 * @throws Problem UNSUPPORTED_TYPE (422) or INVALID_PAYLOAD (400, details name the fields)
 */
export function readOutboundMessage(
  body: Record<string, unknown>,
  instanceId: string,
): BrokerOutboundMessage {
  const type = body.type ?? 'text'
  if (typeof type === 'string' && !SENDABLE_TYPES.includes(type)) {
    throw new Problem('UNSUPPORTED_TYPE', `This broker cannot send messages of type ${type}.`, {
      details: { type, supported: SENDABLE_TYPES },
    })
  }
  const result = BrokerOutboundMessageSchema.safeParse({
    ...body,
    type,
    message: body.message ?? body.text ?? body.content,
  })
  if (!result.success) {
    throw new Problem('INVALID_PAYLOAD', 'The message cannot be sent as it is; see details.', {
      details: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    })
  }
  const named = result.data.instanceId ?? result.data.sessionId
  if (named !== undefined && named !== instanceId) {
    throw new Problem('INVALID_PAYLOAD', 'The body names another instance than the path.', {
      details: { path: instanceId, body: named },
    })
  }
  return result.data
}
