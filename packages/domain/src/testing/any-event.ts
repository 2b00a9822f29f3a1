import type { NewEvent } from '../events/new-event.ts'

/** An event of no meaning, known by the mark that it carries. */
export const anyEvent = (tenantId: string, mark = `${tenantId}-phone`) =>
  ({
    tenantId,
    type: 'whatsapp.circuit_breaker.closed',
    instanceId: mark,
    payload: { instanceId: mark },
  }) satisfies NewEvent<'whatsapp.circuit_breaker.closed'>
