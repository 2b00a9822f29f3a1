import { Problem } from '@carteiro/contracts/problem'
import { z } from 'zod'

/** A ticket in a path. */
export const byTicket = z.object({ id: z.uuid() })

export const noTicket = (id: string) => new Problem('NOT_FOUND', `There is no ticket ${id}.`)
