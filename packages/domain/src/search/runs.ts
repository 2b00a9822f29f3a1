/** So many messages have their words indexed together: the most common word of a run is so common at most. */
export const PLACES_A_RUN = 8_192

/** What stands before the words of a message at this place. Written alike by `find_messages`. */
export const prefixOfRun = (tenantNumber: number, place: number): string =>
  `${tenantNumber}.${Math.floor(place / PLACES_A_RUN)}`
