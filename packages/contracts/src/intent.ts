import { z } from 'zod'
import { ContratoIntent, PropostaIntent } from './intents/business-document.ts'
import { fileOf } from './intents/file.ts'
import { AudioIntent, DocumentIntent, ImageIntent, StickerIntent, VideoIntent } from './intents/media.ts'
import { ContactIntent, LocationIntent } from './intents/place-and-people.ts'
import { PollIntent, ReactionIntent } from './intents/poll-and-reaction.ts'
import { TemplateIntent } from './intents/template.ts'
import { TextIntent } from './intents/text.ts'

/** What a message wants to be. Everything downstream switches on `intent`. */
export const Intent = z.discriminatedUnion('intent', [
  TextIntent,
  TemplateIntent,
  DocumentIntent,
  ImageIntent,
  VideoIntent,
  AudioIntent,
  StickerIntent,
  LocationIntent,
  ContactIntent,
  PollIntent,
  ReactionIntent,
  PropostaIntent,
  ContratoIntent,
])
export type Intent = z.infer<typeof Intent>
export type IntentName = Intent['intent']

export const INTENT_NAMES: readonly IntentName[] = Intent.options.map((option) => option.shape.intent.value)

/** What a person reads of an intent, for previews and lists; never empty. */
export function intentText(intent: Intent): string {
  switch (intent.intent) {
    case 'text':
      return intent.text
    case 'template':
      return intent.rendered?.text ?? intent.templateCode
    case 'document':
    case 'image':
    case 'video':
      return intent.caption || fileLabel(intent)
    case 'audio':
    case 'sticker':
      return fileLabel(intent)
    case 'location':
      return intent.name || intent.address || `${intent.latitude}, ${intent.longitude}`
    case 'contact':
      return intent.fullName
    case 'poll':
      return intent.question
    case 'reaction':
      return intent.emoji || 'reaction'
    case 'proposta':
    case 'contrato':
      return intent.title
    default:
      return intent satisfies never
  }
}

/** The file's name, else what kind of file it is. */
const fileLabel = (intent: Extract<Intent, { media?: unknown }>): string =>
  fileOf(intent).fileName ?? intent.intent
