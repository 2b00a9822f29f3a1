import { Problem } from '@carteiro/contracts/problem'
import { parseRoom, type RoomKind } from '@carteiro/contracts/realtime'
import type { Database } from '@carteiro/database/connect'
import { findInstance } from '@carteiro/domain/instances/find-instance'
import { type Actor, mayAct } from '@carteiro/domain/keys/find-key'
import { hasTicket } from '@carteiro/domain/tickets/find-ticket'

/** A room as a client names it, by kind and id; as it is joined, `ticket:<id>`. */
export interface Room {
  kind: RoomKind
  id: string
}

export const nameOf = ({ kind, id }: Room): string => `${kind}:${id}`

/**
 * Whether this actor may hear what is told in a room. Rooms are looked at within the actor's tenant alone, so another
 * tenant's ticket is as unknown as one that does not exist.
 *
 * @throws Problem
 */
export async function authorizeRoom(db: Database, actor: Actor, { kind, id }: Room): Promise<void> {
  const { tenantId } = actor
  switch (kind) {
    case 'tenant':
      if (id === tenantId) return
      throw new Problem('TENANT_MISMATCH', 'This key opens the room of its own tenant alone.')
    case 'ticket':
      if (await hasTicket(db, { tenantId, id })) return
      throw new Problem('NOT_FOUND', `There is no ticket ${id}.`)
    case 'instance':
      if (await findInstance(db, { tenantId, id })) return
      throw new Problem('INSTANCE_NOT_FOUND', `There is no instance ${id}.`)
    case 'user':
      if (id === actor.name || mayAct(actor, 'admin')) return
      throw new Problem(
        'INSUFFICIENT_SCOPE',
        'A key opens its own user\u2019s room; others need the scope admin.',
      )
    default:
      return kind satisfies never
  }
}

/**
 * The room that a command names: by its id, as `{ticketId}` or `{id}`, or by its whole name. Without one, the actor's
 * own tenant or user is meant.
 *
 * @throws Problem VALIDATION_ERROR
 */
export function readRoom(kind: RoomKind, argument: unknown, actor: Actor): Room {
  const own: Partial<Record<RoomKind, string>> = { tenant: actor.tenantId, user: actor.name }
  const named = isObject(argument) ? (argument[`${kind}Id`] ?? argument.id) : argument
  const text = named === undefined || named === null ? own[kind] : named
  if (typeof text === 'string') {
    const room = parseRoom(text.startsWith(`${kind}:`) ? text : `${kind}:${text}`)
    if (room) return room
  }
  throw new Problem('VALIDATION_ERROR', `Name the ${kind} by its id, as a string or as {${kind}Id}.`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
