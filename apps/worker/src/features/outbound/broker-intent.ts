/** The members that say which file: its address or its bytes, at the intent or in `media`. */
export interface FileMembers {
  mediaUrl?: string | undefined
  media?: { url?: string; base64?: string; mimeType?: string; fileName?: string } | undefined
  fileName?: string | undefined
  mimeType?: string | undefined
}

interface Captioned extends FileMembers {
  caption?: string | undefined
}

/** What a linked phone can send: templates and business documents have become text or files before. */
export type BrokerIntent =
  | { intent: 'text'; text: string; previewUrl?: boolean | undefined }
  | ({ intent: 'image' | 'video' | 'document' } & Captioned)
  | ({ intent: 'audio'; ptt?: boolean | undefined } & FileMembers)
  | ({ intent: 'sticker' } & FileMembers)
  | {
      intent: 'location'
      latitude: number
      longitude: number
      name?: string | undefined
      address?: string | undefined
    }
  | {
      intent: 'contact'
      fullName: string
      phones: string[]
      organization?: string | undefined
      emails?: string[] | undefined
    }
  | { intent: 'poll'; question: string; options: string[]; selectableCount: number }
  | {
      intent: 'reaction'
      messageId: string
      emoji: string
      target?: { providerMessageId: string; fromMe: boolean; participantJid?: string | undefined } | undefined
    }
