import type { Intent } from '../intent.ts'
import type { ContratoIntent, PropostaIntent } from './business-document.ts'
import type { DocumentIntent } from './media.ts'
import type { TextIntent } from './text.ts'

/** What WhatsApp knows: business documents have become one of these. */
export type TransportIntent = Exclude<Intent, { intent: 'proposta' | 'contrato' }>

/** What a phone can send itself: templates are Meta's alone, here they are text. */
export type PhoneIntent = Exclude<TransportIntent, { intent: 'template' }>

/** The kind of WhatsApp message that an intent goes out as. Pure: the same each time it is tried. */
export function renderIntent(intent: Intent): TransportIntent {
  switch (intent.intent) {
    case 'proposta':
    case 'contrato':
      return renderBusinessDocument(intent)
    default:
      return intent
  }
}

/** The same for a linked phone. @throws Error for a template that was queued without its text */
export function renderForPhone(intent: Intent): PhoneIntent {
  const rendered = renderIntent(intent)
  if (rendered.intent !== 'template') return rendered
  if (rendered.rendered === undefined) {
    throw new Error(`the template ${rendered.templateCode} was queued without its text`)
  }
  const { quotedMessageId, quoted } = rendered
  return { intent: 'text', text: rendered.rendered.text, quotedMessageId, quoted }
}

/** A document with title and message below it, or a text that ends with the link. */
function renderBusinessDocument({
  title,
  message,
  document,
  link,
}: PropostaIntent | ContratoIntent): DocumentIntent | TextIntent {
  const words = message ? [title, message] : [title]
  if (document) return { intent: 'document', ...document, caption: words.join('\n\n') }
  return { intent: 'text', text: [...words, link ?? ''].join('\n\n') }
}
