import { v7 } from 'uuid'

/** A UUIDv7: time-ordered, so that primary keys stay local. Order between processes is never read from it. */
export const newId = (): string => v7()
