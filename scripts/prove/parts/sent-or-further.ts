/** A message that WhatsApp has taken: the phone may have said at once that it is there. */
export const SENT_OR_FURTHER: readonly string[] = ['SENT', 'DELIVERED', 'READ']
