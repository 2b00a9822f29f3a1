import { z } from 'zod'

/** What every list takes: `nextCursor` of the page before, and how many it shall give. */
export const Page = z.object({
  cursor: z.string().max(500).optional().describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** What every list gives. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** The place of a page's last row, in lists that are ordered by id. */
export const IdCursor = z.object({ id: z.uuid() })
