import { fillPlaceholders } from '@carteiro/contracts/template'
import type { CompiledFlow } from './compile-flow.ts'
import { type FlowState, GREETED_AT, knownField } from './flow-state.ts'
import { foldText } from './fold-text.ts'
import { isPleasantry, listen } from './listen.ts'
import { isOpen } from './office-hours.ts'

/** What a customer wrote, and how the ticket stood by then. */
export interface FlowMessage {
  /** `null`: a picture, a voice message. */
  text: string | null
  at: Date
  /** A person has taken the ticket. */
  assigned: boolean
  /** When a person last wrote in it. */
  personWroteAt: Date | null
}

/** What is said, and under which key. */
export interface FlowReply {
  key: string
  text: string
}

export interface FlowStep {
  state: FlowState
  replies: FlowReply[]
}

const MAX_TEXT_LENGTH = 2_000
const MINUTE_MS = 60_000

/**
 * One step of a conversation: what a customer's message makes of its state, and what is said to it. Pure: the same
 * state and message give the same step. Nothing is said under a key twice, and nothing after the hand-off or while a
 * person has the ticket.
 */
export function runFlow(flow: CompiledFlow, before: FlowState, message: FlowMessage): FlowStep {
  const text = (message.text ?? '').slice(0, MAX_TEXT_LENGTH)
  const state = takeTurns(flow, before, message)
  if (state.status === 'stopped') return { state, replies: [] }
  const isEmpty = foldText(text) === '' || isPleasantry(flow, text)
  if (state.status === 'handed_off') {
    return { state: isEmpty ? state : { ...state, fields: hearLate(flow, state, text) }, replies: [] }
  }
  const { heard, again } = isEmpty ? { heard: state, again: null } : listen(flow, state, text)
  return answer(flow, heard, {
    again,
    isNew: state.pending === null || heard.pending === null,
    at: message.at,
  })
}

/** Whether it is the flow's turn, or a person's. */
function takeTurns({ definition }: CompiledFlow, state: FlowState, message: FlowMessage): FlowState {
  const { at, assigned, personWroteAt } = message
  if (state.status === 'handed_off') return state
  const stop = (reason: 'assigned' | 'person_wrote', since: Date): FlowState => ({
    ...state,
    status: 'stopped',
    reason,
    stoppedAt: since.toISOString(),
  })
  if (assigned) return stop('assigned', at)
  const stoppedAt = state.stoppedAt === null ? null : Date.parse(state.stoppedAt)
  const since = Math.max(personWroteAt?.getTime() ?? -Infinity, stoppedAt ?? -Infinity)
  if (since === -Infinity) return state
  const waits = definition.resumeAfterMinutes
  const mayResume = waits !== null && at.getTime() - since >= waits * MINUTE_MS
  if (mayResume) return { ...state, status: 'active', reason: null }
  return stop(personWroteAt ? 'person_wrote' : 'assigned', new Date(since))
}

/** After the hand-off what is left to know is kept when it is said; nobody is asked for it. */
function hearLate({ late }: CompiledFlow, { fields }: FlowState, text: string): Record<string, string> {
  const next = { ...fields }
  let rest = text
  for (const { field, isText, reader } of late) {
    if (isText || knownField(next, field) !== undefined) continue
    const found = reader.find(rest)
    if (found === undefined) continue
    next[field] = found
    rest = rest.replace(found, ' ')
  }
  const open = late.find(({ field, isText }) => isText && knownField(next, field) === undefined)
  const said = open?.reader.read(rest.replace(/\s+/gu, ' ').replace(/^[\s,;:.-]+|[\s,;:-]+$/gu, ''))
  if (open && said !== undefined) next[open.field] = said
  return next
}

interface Turn {
  /** What is said about an answer that could not be read. */
  again: FlowReply | null
  /** Nothing was waited for, or it was answered. */
  isNew: boolean
  at: Date
}

function answer(flow: CompiledFlow, state: FlowState, { again, isNew, at }: Turn): FlowStep {
  const { definition } = flow
  const { officeHours } = definition
  const isClosed = officeHours !== null && !isOpen(officeHours, at)
  const closed = isClosed ? [{ key: 'CLOSED', text: officeHours.closedText }] : []
  if (isClosed && officeHours.whenClosed === 'tell') return say(flow, { ...state, pending: null }, closed, at)
  if (!isNew) return say(flow, state, again ? [again] : [], at)
  const next = state.reason === 'unclear' ? undefined : nextQuestion(flow, state)
  if (next) {
    const { key, text } = next
    return say(flow, { ...state, pending: key, tries: 0 }, [{ key, text }], at)
  }
  const handoff = definition.handoff ? [{ key: 'HANDOFF', text: definition.handoff.text }] : []
  const reason = state.reason === 'unclear' ? 'unclear' : 'answered'
  const over: FlowState = {
    ...state,
    status: 'handed_off',
    reason,
    stoppedAt: at.toISOString(),
    pending: null,
  }
  return say(flow, over, [...handoff, ...closed], at)
}

/** The first question that is open: neither answered, nor given up, nor asked already. */
const nextQuestion = ({ questions }: CompiledFlow, { fields, said, passed }: FlowState) =>
  questions.find(
    ({ key, field, when }) =>
      knownField(fields, field) === undefined &&
      !passed.includes(key) &&
      !said.includes(key) &&
      (when === null || when.is.some((value) => value === knownField(fields, when.field))),
  )

/** Says what was not said yet, after the greeting where there was none. */
function say({ definition }: CompiledFlow, state: FlowState, wanted: FlowReply[], at: Date): FlowStep {
  const open = wanted.filter(({ key }) => !state.said.includes(key))
  if (open.length === 0) return { state, replies: [] }
  const { greeting, brand } = definition
  const greets =
    greeting !== null && state.fields[GREETED_AT] === undefined && !state.said.includes('GREETING')
  const replies = greets ? [{ key: 'GREETING', text: greeting }, ...open] : open
  const fields = greets ? { ...state.fields, [GREETED_AT]: at.toISOString() } : state.fields
  const fill = (name: string) => knownField(brand, name) ?? knownField(fields, name) ?? ''
  return {
    state: { ...state, fields, said: [...state.said, ...replies.map(({ key }) => key)] },
    replies: replies.map(({ key, text }) => ({ key, text: fillPlaceholders(text, fill) })),
  }
}
