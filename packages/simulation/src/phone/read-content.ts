/** What a message says, for lists and for the page. */
export interface ReadContent {
  type:
    | 'text'
    | 'image'
    | 'video'
    | 'audio'
    | 'voice'
    | 'document'
    | 'sticker'
    | 'location'
    | 'contact'
    | 'poll'
    | 'other'
  /** The text, caption, question or name: what a list of chats would show. Null where there is none. */
  text: string | null
}
