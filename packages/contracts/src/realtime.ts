import { z } from 'zod'
import type { EmittedEvent, EventType } from './event.ts'
import { Slug } from './identifier.ts'

/** A number of the log. */
export const Seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** What a room is of: everything of the tenant, one ticket, one instance, or what is for one person alone. */
export const ROOM_KINDS = ['tenant', 'ticket', 'instance', 'user'] as const
export type RoomKind = (typeof ROOM_KINDS)[number]

/** An opaque name of a person, as keys carry it. */
export const UserId = z.string().min(1).max(200)

const ID_OF: Record<RoomKind, z.ZodType<string>> = {
  tenant: Slug,
  ticket: z.uuid(),
  instance: Slug,
  user: UserId,
}

/** A room's name, such as `ticket:0192f0c8-...`: what `auth.rooms` lists. */
export const RoomName = z
  .string()
  .max(300)
  .refine((name) => parseRoom(name) !== undefined, 'must be tenant:, ticket:, instance: or user: and an id')

/** The kind and the id in a room's name; `undefined` when it is none. */
export function parseRoom(name: string): { kind: RoomKind; id: string } | undefined {
  const kind = ROOM_KINDS.find((one) => name.startsWith(`${one}:`))
  if (!kind) return undefined
  const id = ID_OF[kind].safeParse(name.slice(kind.length + 1))
  return id.success ? { kind, id: id.data } : undefined
}

/** Rooms that one connection may be in at a time. */
export const MAX_ROOMS = 200

/** `auth` of the handshake. `rooms` are joined before anything is replayed, so that a reconnection misses nothing. */
export const Handshake = z.object({
  token: z.string().optional(),
  lastSeq: Seq.nullish(),
  rooms: z.array(RoomName).max(MAX_ROOMS).default([]),
})

/** How every command is answered. `seq`: events after this number are told, those up to it are not told again. */
export type Ack =
  | { ok: true; seq: number }
  | { ok: false; seq: number; error: { code: string; message: string } }

type Command<Argument> = (argument: Argument, ack?: (answer: Ack) => void) => void

/** What a client may emit. Rooms are named by their id, alone or as a member. */
export interface ClientCommands {
  'join-tenant': Command<string | { tenantId: string } | undefined>
  'join-ticket': Command<string | { ticketId: string }>
  'join-instance': Command<string | { instanceId: string }>
  'join-user': Command<string | { userId: string }>
  'leave-tenant': Command<string | { tenantId: string } | undefined>
  'leave-ticket': Command<string | { ticketId: string }>
  'leave-instance': Command<string | { instanceId: string }>
  'leave-user': Command<string | { userId: string }>
  /** Tells everything after `lastSeq` again, of all joined rooms. */
  replay: Command<number | { lastSeq: number }>
  'ticket:typing': Command<{ ticketId: string; typing: boolean }>
}

/** Somebody writes in a ticket, or stopped. Not in the log: who is away does not hear it later. */
export interface Typing {
  ticketId: string
  /** The key's user, else the key. */
  by: string
  typing: boolean
}

/** Some events are older than what is kept: read the lists anew, and go on from `to`. */
export interface ReplayTruncated {
  from: number
  to: number
}

/** This connection does not read fast enough: nothing more is told until it asks for a replay after `seq`. */
export interface ReplayRequired {
  code: 'TOO_SLOW'
  message: string
  seq: number
}

/** What a client may hear: every event of the log by its type, and what is told of the connection itself. */
export type ServerEvents = { [Type in EventType]: (event: EmittedEvent<Type>) => void } & {
  /** Told first: where this connection begins. */
  ready: (told: { seq: number }) => void
  'replay.truncated': (gap: ReplayTruncated) => void
  'replay.required': (told: ReplayRequired) => void
  'ticket:typing': (typing: Typing) => void
  /** Why the server ends the connection. */
  'connection.closing': (told: { code: string; message: string }) => void
}
