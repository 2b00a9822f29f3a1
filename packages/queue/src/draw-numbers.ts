import type { Connection } from '@carteiro/database/connect'

/** Draws the next number of commit groups, from one row of numbers for every process. */
export type DrawNumber = () => Promise<number>

interface Waiting {
  resolve: (number: number) => void
  reject: (error: unknown) => void
}

/**
 * Draws for all who wait in one query. Who comes while a query is under way waits for the next one: its number must
 * be drawn after its envelopes came, or it could be lower than one that another process drew for the chat's message
 * before.
 */
export function createNumberDraw(pool: Connection['pool']): DrawNumber {
  let waiting: Waiting[] = []
  let drawing = false

  async function drawAll(): Promise<void> {
    drawing = true
    while (waiting.length > 0) {
      const drawn = waiting
      waiting = []
      try {
        const numbers = await draw(pool, drawn.length)
        for (const [index, { resolve }] of drawn.entries()) resolve(numbers[index] ?? Number.NaN)
      } catch (error) {
        for (const { reject } of drawn) reject(error)
      }
    }
    drawing = false
  }

  return () =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      if (!drawing) void drawAll()
    })
}

async function draw(pool: Connection['pool'], count: number): Promise<number[]> {
  const { rows } = await pool.query<{ number: number }>({
    name: 'draw-numbers',
    text: "select nextval('ingest_number') as number from generate_series(1, $1)",
    values: [count],
  })
  if (rows.length !== count) throw new Error(`PostgreSQL gave ${rows.length} numbers for ${count}`)
  return rows.map(({ number }) => number)
}
