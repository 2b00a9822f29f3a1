import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-api'
import type { AnyMessageContent } from '@whiskeysockets/baileys'

/** What Baileys sends for a message of ours. Pure. */
export function toContent(message: BrokerOutboundMessage): AnyMessageContent {
  switch (message.type) {
    case 'text':
      // No preview: Baileys would fetch whatever address stands in the text, from inside our network.
      return { text: message.message, linkPreview: null }
    default:
      return message.type satisfies never
  }
}
