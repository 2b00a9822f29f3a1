import type { ContactErasureTable } from '@carteiro/database/person-tables'
import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { UnitOfWork } from '../events/unit-of-work.ts'

/** An erasure, as a step finds it: its row is locked. */
export type ErasureRun = Selectable<ContactErasureTable>

/** What a step did in one transaction. */
export interface StepDone {
  /** `wait`: somebody else has to be through first. `gone`: the contact went into another, which is erased instead. */
  next: 'step' | 'more' | 'wait' | 'again' | 'gone'
  /** Where it goes on. */
  place?: Record<string, unknown>
  waitingFor?: string
  messages?: number
  events?: number
}

export type Step = (work: UnitOfWork, run: ErasureRun) => Promise<StepDone>

/** One transaction is short: nobody waits long for what it holds. */
export const BATCH = 200

const Place = z.object({
  ticket: z.uuid().default('00000000-0000-0000-0000-000000000000'),
  number: z.number().default(0),
  id: z.uuid().default('00000000-0000-0000-0000-000000000000'),
})
const placeOf = ({ place }: ErasureRun) => Place.parse(place ?? {})

/** Where a walk stands: behind this ticket's number, or behind this id. */
export const ticketOf = (run: ErasureRun): string => placeOf(run).ticket
export const numberOf = (run: ErasureRun): number => placeOf(run).number
export const idOf = (run: ErasureRun): string => placeOf(run).id
