import { z } from 'zod'
import { ContratoIntent, PropostaIntent } from './intents/business-document.ts'
import { AudioIntent, DocumentIntent, ImageIntent, StickerIntent, VideoIntent } from './intents/media.ts'
import { ContactIntent, LocationIntent } from './intents/place-and-people.ts'
import { PollIntent, ReactionIntent } from './intents/poll-and-reaction.ts'
import { TemplateIntent } from './intents/template.ts'
import { TextIntent } from './intents/text.ts'

/** An intent as a client may give it: without what is found and written when it is queued. */
export const RequestedIntent = z
  .discriminatedUnion('intent', [
    TextIntent,
    TemplateIntent.omit({ rendered: true }),
    DocumentIntent,
    ImageIntent,
    VideoIntent,
    AudioIntent,
    StickerIntent,
    LocationIntent,
    ContactIntent,
    PollIntent,
    ReactionIntent.omit({ target: true }),
    PropostaIntent,
    ContratoIntent,
  ])
  .superRefine((intent, context) => {
    if ('quoted' in intent) context.addIssue({ code: 'unrecognized_keys', keys: ['quoted'], input: intent })
  })
export type RequestedIntent = z.infer<typeof RequestedIntent>
