import { isObject } from './is-object.ts'

export interface PollContent {
  name: string | null
  options: string[]
  /** 0 for any number. */
  selectableCount: number
  /** Base64, where it is known. */
  secret: string | null
}

const CREATIONS = [
  'poll',
  'pollCreationMessage',
  'pollCreationMessageV2',
  'pollCreationMessageV3',
  'pollCreationMessageV4',
  'pollCreationMessageV5',
]

/** A poll as it came, or as we sent it, by whichever name it stands under; `undefined` for what is none. */
export function readPoll(message: Record<string, unknown>): PollContent | undefined {
  const poll = CREATIONS.map((key) => message[key]).find(isObject)
  if (!poll) return undefined
  const context = isObject(message.messageContextInfo) ? message.messageContextInfo : {}
  const options = Array.isArray(poll.options) ? poll.options : []
  return {
    name: firstText(poll.name, poll.question),
    options: options.flatMap((option) => {
      const name = isObject(option) ? firstText(option.name, option.optionName) : firstText(option)
      return name === null ? [] : [name]
    }),
    selectableCount: firstCount(poll.selectableCount, poll.selectableOptionsCount),
    secret: firstText(
      poll.messageSecret,
      poll.secret,
      poll.encKey,
      message.messageSecret,
      context.messageSecret,
    ),
  }
}

const firstCount = (...candidates: unknown[]): number =>
  candidates.find((value): value is number => Number.isInteger(value)) ?? 0

function firstText(...candidates: unknown[]): string | null {
  const found = candidates.find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : null
}
