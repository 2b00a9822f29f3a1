/** All keys of what is said automatically begin with it. */
export const FLOW_PREFIX = 'flow:'

/** One message and question have one reply, however often they are looked at. */
export const dedupeKeyOf = (
  conversationId: string,
  inboundProviderMessageId: string | null,
  questionKey?: string,
): string => `${FLOW_PREFIX}${conversationId}:${inboundProviderMessageId}:${questionKey ?? 'reply'}`
