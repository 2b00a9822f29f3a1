import {
  type BrokerOutboundMessage,
  BrokerOutboundMessageSchema,
  SENDABLE_TYPES,
} from '@carteiro/contracts/broker-send'
import { Problem } from '@carteiro/contracts/problem'
import { missingVariables } from './render-template.ts'

/**
 * Reads the body of a send in every spelling the field uses.
 *
 * @param instanceId the path's: a body that names another is refused
 * @throws Problem UNSUPPORTED_TYPE (422) or INVALID_PAYLOAD (400, details name the fields)
 */
export function readOutboundMessage(
  body: Record<string, unknown>,
  instanceId: string,
): BrokerOutboundMessage {
  refuseUnsupported(body)
  const result = BrokerOutboundMessageSchema.safeParse(body)
  if (!result.success) {
    throw new Problem('INVALID_PAYLOAD', 'The message cannot be sent as it is; see details.', {
      details: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    })
  }
  const message = result.data
  refuseOtherInstance(message, instanceId)
  if ('media' in message) refuseBrokenBytes(message.media.base64)
  if (message.type === 'template') {
    const missing = missingVariables(message.template)
    if (missing.length > 0) {
      throw new Problem('INVALID_PAYLOAD', 'The template names variables that are not given; see details.', {
        details: missing.map((name) => ({ path: `template.variables.${name}`, message: 'is missing' })),
      })
    }
  }
  return message
}

function refuseUnsupported(body: Record<string, unknown>): void {
  const { type } = body
  if (typeof type !== 'string' || SENDABLE_TYPES.includes(type)) return
  throw new Problem('UNSUPPORTED_TYPE', `This broker cannot send messages of type ${type.slice(0, 50)}.`, {
    details: { type: type.slice(0, 50), supported: SENDABLE_TYPES },
  })
}

function refuseOtherInstance({ instanceId, sessionId }: BrokerOutboundMessage, path: string): void {
  const other = [instanceId, sessionId].find((named) => named !== undefined && named !== path)
  if (other === undefined) return
  throw new Problem('INVALID_PAYLOAD', 'The body names another instance than the path.', {
    details: { path, body: other },
  })
}

/** Decoding passes over what is no base64: then less comes out than its length promises. */
function refuseBrokenBytes(base64: string | undefined): void {
  if (base64 === undefined) return
  const promised = Buffer.byteLength(base64, 'base64')
  if (promised > 0 && Buffer.from(base64, 'base64').length === promised) return
  throw new Problem('INVALID_PAYLOAD', 'The file is no base64; see details.', {
    details: [{ path: 'media.base64', message: 'must be base64, without line breaks' }],
  })
}
