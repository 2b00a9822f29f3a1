/** A message in the chat that is written to. */
export interface MessageReference {
  id: string
  /** The author's phone, where two people may have used the same id. */
  from?: string
}

/** A file, plain. */
export interface MediaFile {
  bytes: Uint8Array
  mimetype?: string
}

/** What may go with everything that a person writes to be read. */
export interface Circumstances {
  quoted?: MessageReference
  /** Phones of people who are named in the text. */
  mentions?: string[]
  viewOnce?: boolean
  /** The message disappears after this time. */
  ephemeralSeconds?: number
}

/** What a person writes to be read. */
export type WrittenContent =
  | { type: 'text'; text: string }
  | { type: 'image'; file: MediaFile; caption?: string }
  | { type: 'video'; file: MediaFile; caption?: string; seconds?: number }
  | { type: 'audio'; file: MediaFile; seconds?: number }
  | { type: 'voice'; file: MediaFile; seconds?: number }
  | { type: 'document'; file: MediaFile; fileName: string; caption?: string }
  | { type: 'sticker'; file: MediaFile }
  | { type: 'location'; latitude: number; longitude: number; name?: string; address?: string }
  | { type: 'contact'; name: string; phones: string[] }
  | { type: 'poll'; question: string; options: string[]; selectableCount?: number }

/** What a person does to a message that is there. */
export type ActContent =
  | { type: 'vote'; poll: MessageReference; options: string[] }
  | { type: 'edit'; message: MessageReference; text: string }
  | { type: 'revoke'; message: MessageReference }
  /** An empty emoji takes the reaction back. */
  | { type: 'reaction'; message: MessageReference; emoji: string }

export type PhoneContent = (WrittenContent & Circumstances) | ActContent
