import { firstText, isObject, type JsonObject } from '../../../json/json-value.ts'
import { isPart } from './content-type.ts'

/** Envelopes that WhatsApp puts around a content; each holds it as `message`. */
const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'deviceSentMessage',
  'groupMentionedMessage',
  'lottieStickerMessage',
  'associatedChildMessage',
  'botInvokeMessage',
  'botForwardedMessage',
  'questionMessage',
  'pollCreationMessageV4',
]
const MAX_WRAPPINGS = 64

export interface Unwrapped {
  /** The plain content: `conversation`, `imageMessage`, ... */
  parts: JsonObject
  /** Beside the content or any of its wrappers: holds a poll's secret. */
  contextInfo: JsonObject | undefined
}

/** Takes a content out of its wrappers, until it is plain. Safe with objects that hold themselves. Pure. */
export function unwrap(message: JsonObject): Unwrapped {
  let parts = message
  let contextInfo: JsonObject | undefined
  const seen = new Set<JsonObject>()
  for (let wrapped = 0; wrapped < MAX_WRAPPINGS && !seen.has(parts); wrapped++) {
    seen.add(parts)
    if (contextInfo === undefined && isObject(parts.messageContextInfo))
      contextInfo = parts.messageContextInfo
    const inner = innerContent(parts)
    if (inner === undefined) return { parts, contextInfo }
    parts = inner
  }
  return { parts: {}, contextInfo }
}

function innerContent(parts: JsonObject): JsonObject | undefined {
  if (Object.entries(parts).some(([name, part]) => isPart(name, part))) return undefined
  for (const name of WRAPPERS) {
    const wrapper = parts[name]
    if (isObject(wrapper)) return isObject(wrapper.message) ? wrapper.message : {}
  }
  return isObject(parts.templateMessage) ? readTemplate(parts.templateMessage) : undefined
}

const TEMPLATE_FORMS = [
  'hydratedFourRowTemplate',
  'hydratedTemplate',
  'fourRowTemplate',
  'interactiveMessageTemplate',
]
const TEMPLATE_MEDIA = ['imageMessage', 'videoMessage', 'documentMessage', 'locationMessage']

/** A business's template: its picture, and its text as a conversation. */
function readTemplate(template: JsonObject): JsonObject {
  const form = TEMPLATE_FORMS.map((name) => template[name]).find(isObject)
  if (!form) return {}
  const media = TEMPLATE_MEDIA.find((name) => isObject(form[name]))
  const body = isObject(form.body) ? form.body.text : undefined
  const conversation = firstText(form.hydratedContentText, form.contentText, body, form.hydratedTitleText)
  return {
    ...(media === undefined ? {} : { [media]: form[media] }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(isObject(form.contextInfo) ? { contextInfo: form.contextInfo } : {}),
  }
}
