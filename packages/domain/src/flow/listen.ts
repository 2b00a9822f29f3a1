import { cut } from '@carteiro/contracts/storable-text'
import type { CompiledFlow } from './compile-flow.ts'
import { type FlowState, knownField } from './flow-state.ts'
import { foldText } from './fold-text.ts'
import type { FlowReply } from './run-flow.ts'

const MAX_ACCEPTED_LENGTH = 200

/** Whether a text is nothing but "good morning" and the like. */
export function isPleasantry({ pleasantries }: CompiledFlow, text: string): boolean {
  const words = foldText(text).split(' ')
  for (let start = 0; start < words.length; ) {
    const end = phraseEnd(pleasantries, words, start)
    if (end === start) return false
    start = end
  }
  return true
}

const MAX_PHRASE_WORDS = 6

function phraseEnd(phrases: Set<string>, words: string[], start: number): number {
  for (let end = Math.min(words.length, start + MAX_PHRASE_WORDS); end > start; end--) {
    if (phrases.has(words.slice(start, end).join(' '))) return end
  }
  return start
}

/** What is known after a text: the answer that was waited for, and whatever else it says of the other questions. */
export function listen(
  flow: CompiledFlow,
  state: FlowState,
  text: string,
): { heard: FlowState; again: FlowReply | null } {
  const pending = flow.questions.find(({ key }) => key === state.pending)
  const answered = pending && usable(flow, pending, pending.reader.read(text))
  const fields = { ...state.fields }
  if (pending && answered !== undefined) fields[pending.field] = answered
  let hasFound = false
  for (const question of flow.questions) {
    if (question.key === pending?.key || knownField(fields, question.field) !== undefined) continue
    const found = usable(flow, question, question.reader.find(text))
    if (found === undefined) continue
    fields[question.field] = found
    hasFound = true
  }
  if (!pending || answered !== undefined) return { heard: { ...state, fields, pending: null }, again: null }
  // It answered something else: the question is still open.
  if (hasFound) return { heard: { ...state, fields }, again: null }
  return unread(pending, state, text)
}

/** "Family visa" is a service, not somebody's name. */
const usable = (
  { optionWords }: CompiledFlow,
  { answer }: CompiledFlow['questions'][number],
  value: string | undefined,
): string | undefined =>
  value !== undefined && answer.type === 'name' && optionWords.has(foldText(value)) ? undefined : value

function unread(
  { key, field, again, tries, otherwise }: CompiledFlow['questions'][number],
  state: FlowState,
  text: string,
): { heard: FlowState; again: FlowReply | null } {
  const counted = { ...state, tries: state.tries + 1 }
  if (counted.tries < tries) {
    return { heard: counted, again: again === null ? null : { key: `${key}_AGAIN`, text: again } }
  }
  const open = { ...counted, pending: null }
  switch (otherwise) {
    case 'accept':
      return {
        heard: { ...open, fields: { ...state.fields, [field]: cut(text.trim(), MAX_ACCEPTED_LENGTH) } },
        again: null,
      }
    case 'pass':
      return { heard: { ...open, passed: [...state.passed, key] }, again: null }
    case 'handoff':
      return { heard: { ...open, reason: 'unclear' }, again: null }
    default:
      return otherwise satisfies never
  }
}
