import { z } from 'zod'

/**
 * How a conversation stands. `stopped`: a person has it, it may go on by rule. `handed_off`: everything was asked;
 * nothing is said any more.
 */
export const FlowState = z.object({
  status: z.enum(['active', 'stopped', 'handed_off']).default('active'),
  /** Why it is not active. */
  reason: z.enum(['person_wrote', 'assigned', 'answered', 'unclear']).nullable().default(null),
  /** When it stopped, ISO 8601. */
  stoppedAt: z.string().nullable().default(null),
  /** Keys of everything that was said: none is said twice. */
  said: z.array(z.string()).default([]),
  /** The question that waits for its answer. */
  pending: z.string().nullable().default(null),
  /** Answers to it that could not be read. */
  tries: z.number().int().default(0),
  /** Questions that were given up. */
  passed: z.array(z.string()).default([]),
})

/** With what is known of the customer by now: the ticket's known fields. */
export type FlowState = z.infer<typeof FlowState> & { fields: Record<string, string> }

export const newFlowState = (fields: Record<string, string> = {}): FlowState => ({
  ...FlowState.parse({}),
  fields,
})

/** A field's value; `undefined` when it is not known. Fields are named by tenants: `constructor` is one like others. */
export const knownField = (fields: Record<string, string>, name: string): string | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined

/** When the greeting was said, among the known fields. */
export const GREETED_AT = 'firstGreetingSentAt'
