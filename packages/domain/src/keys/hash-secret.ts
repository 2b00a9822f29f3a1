import { hash } from 'node:crypto'

/** Keys are long and random, so a plain SHA-256 is enough to keep the secret out of the database. */
export const hashSecret = (secret: string): Buffer => hash('sha256', secret, 'buffer')
