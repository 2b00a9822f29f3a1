import { Problem } from '@carteiro/contracts/problem'
import { z } from 'zod'

/** A contact in a path. */
export const byContact = z.object({ id: z.uuid() })

export const noContact = (id: string) => new Problem('NOT_FOUND', `There is no contact ${id}.`)
