import { z } from 'zod'
import { StorableText } from '../storable-text.ts'
import { MessageReference, MessageTarget, quoting } from './quoting.ts'

/** As WhatsApp's own apps: 255 characters of a question, 2 to 12 options of 100 characters. */
const MAX_QUESTION_LENGTH = 255
const MAX_OPTION_LENGTH = 100
const MIN_OPTIONS = 2
const MAX_OPTIONS = 12
/** The longest emoji, a family or a flag with tags, has fewer. */
const MAX_EMOJI_LENGTH = 40

export const PollIntent = z
  .strictObject({
    intent: z.literal('poll'),
    question: StorableText.trim().min(1).max(MAX_QUESTION_LENGTH),
    options: z
      .array(StorableText.trim().min(1).max(MAX_OPTION_LENGTH))
      .min(MIN_OPTIONS)
      .max(MAX_OPTIONS)
      // A vote names its option by the hash of its text.
      .refine((options) => new Set(options).size === options.length, 'must differ from one another'),
    /** How many may be chosen; 0 for as many as there are. */
    selectableCount: z.number().int().min(0).max(MAX_OPTIONS).default(1),
    ...quoting,
  })
  .refine(({ options, selectableCount }) => selectableCount <= options.length, {
    path: ['selectableCount'],
    message: 'must not be more than there are options',
  })
export type PollIntent = z.infer<typeof PollIntent>

/** One emoji as WhatsApp takes it, also without the selector that makes it colourful; nothing takes it back. */
const Emoji = StorableText.max(MAX_EMOJI_LENGTH).regex(
  /^(\p{RGI_Emoji}|\p{Extended_Pictographic})?$/v,
  'must be one emoji, or empty to take the reaction back',
)

export const ReactionIntent = z.strictObject({
  intent: z.literal('reaction'),
  /** Ours, or WhatsApp's. */
  messageId: MessageReference,
  emoji: Emoji,
  /** The message that is reacted to. */
  target: MessageTarget.optional(),
})
export type ReactionIntent = z.infer<typeof ReactionIntent>
