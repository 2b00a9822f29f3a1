import type pg from 'pg'
import type { Written } from './write-messages.ts'
import { retry, type WriterNeeds } from './write-messages.ts'

/** Retries by hand what failed for another reason than its end. @returns how many there were */
export async function retryFailed(
  needs: Pick<WriterNeeds, 'api' | 'signal'>,
  database: pg.Client,
  { accepted }: Written,
): Promise<number> {
  const { rows } = await database.query<{ id: string }>(
    "select id from delivery where state = 'FAILED' and error_code <> 'EXPIRED' order by position",
  )
  const known = new Map(accepted.map((message) => [message.id, message]))
  for (const { id } of rows) await retry(needs, known.get(id) ?? { id, retried: undefined })
  return rows.length
}
