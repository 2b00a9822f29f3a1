/** Whether PostgreSQL refused a second row where the unique index of this name allows one (SQLSTATE 23505). */
export const violatesUnique = (error: unknown, index: string): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === '23505' &&
  'constraint' in error &&
  error.constraint === index
