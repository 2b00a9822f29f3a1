import type { EventPayload, EventType } from '@carteiro/contracts/event'

/** An event to be, with the keys of the rooms that it is told in. */
export interface NewEvent<Type extends EventType = EventType> {
  tenantId: string
  type: Type
  payload: EventPayload<Type>
  ticketId?: string
  contactId?: string
  instanceId?: string
  /** Whom it is for, when it is for one person. */
  userId?: string
}
