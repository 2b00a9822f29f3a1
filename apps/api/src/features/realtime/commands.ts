import { Problem } from '@carteiro/contracts/problem'
import { type Ack, MAX_ROOMS, ROOM_KINDS, Seq } from '@carteiro/contracts/realtime'
import type { Database } from '@carteiro/database/connect'
import { mayAct } from '@carteiro/domain/keys/find-key'
import type { Logger } from '@carteiro/runtime/logger'
import { z } from 'zod'
import type { Live } from '../../live/start-live.ts'
import { toRefusal } from '../../live/to-refusal.ts'
import { authorizeRoom, nameOf, readRoom } from './authorize-room.ts'
import type { PlacedSession } from './session.ts'

/** What a client sends faster than it is answered is not kept beyond this. */
const MAX_WAITING = MAX_ROOMS
const MAX_TYPING_PER_SECOND = 10

export interface CommandOptions extends Pick<Live, 'hub' | 'typing'> {
  db: Database
  logger: Logger
}

/** Checks a command; what it then does is done, and answered, before anything else is told. @returns the ack's seq */
type Command = (session: PlacedSession, argument: unknown) => Promise<() => number>

const ReplayArgument = z.union([Seq, z.object({ lastSeq: Seq }).transform(({ lastSeq }) => lastSeq)])
const TypingArgument = z.object({ ticketId: z.uuid(), typing: z.boolean() })

/** Answers what a socket sends: one command after the other, each acked, also one that is not known. */
export function answerCommands(options: CommandOptions, session: PlacedSession): void {
  const commands = createCommands(options)
  let waiting = 0
  let last = Promise.resolve()

  async function answer(name: string, argument: unknown, ack: (answer: Ack) => void): Promise<void> {
    try {
      const command = commands.get(name)
      if (!command) throw new Problem('UNKNOWN_COMMAND', `Known are ${[...commands.keys()].join(', ')}.`)
      const act = await command(session, argument)
      ack({ ok: true, seq: act() })
    } catch (error) {
      ack(refused(toRefusal(error, options.logger)))
    } finally {
      waiting--
      // A replay that waited for its rooms begins when all that were asked for are joined.
      const { rooms, subscription } = session
      if (waiting === 0 && rooms.size > 0 && subscription.run === 0) options.hub.resume(subscription)
    }
  }
  const refused = (error: { code: string; message: string }): Ack => ({
    ok: false,
    seq: session.subscription.position,
    error,
  })

  session.socket.onAny((name: string, ...given: unknown[]) => {
    const ack = given.find((value) => typeof value === 'function')
    const tell = (told: Ack) => void ack?.(told)
    if (waiting >= MAX_WAITING) {
      const message = `${MAX_WAITING} commands wait for their answer; wait for it before sending more.`
      return tell(refused({ code: 'RATE_LIMITED', message }))
    }
    waiting++
    last = last.then(() => answer(name, given[0] === ack ? undefined : given[0], tell))
    return undefined
  })
}

function createCommands({ db, hub, typing }: CommandOptions): Map<string, Command> {
  const commands = new Map<string, Command>()
  for (const kind of ROOM_KINDS) {
    commands.set(`join-${kind}`, async (session, argument) => {
      const room = readRoom(kind, argument, session.actor)
      requireSeat(session, nameOf(room))
      await authorizeRoom(db, session.actor, room)
      return () => join(session, nameOf(room))
    })
    commands.set(`leave-${kind}`, async (session, argument) => {
      const room = readRoom(kind, argument, session.actor)
      return () => {
        session.rooms.delete(nameOf(room))
        return session.subscription.position
      }
    })
  }
  commands.set('replay', async (session, argument) => {
    const lastSeq = parse(ReplayArgument, argument, 'Name the last number that you have, as lastSeq.')
    await hub.requireReached(session.actor.tenantId, lastSeq)
    return () => {
      hub.replay(session.subscription, lastSeq)
      return lastSeq
    }
  })
  commands.set('ticket:typing', createTyping(typing))
  return commands
}

function requireSeat({ rooms }: PlacedSession, name: string): void {
  if (rooms.has(name) || rooms.size < MAX_ROOMS) return
  throw new Problem(
    'TOO_MANY_ROOMS',
    `A connection may be in ${MAX_ROOMS} rooms; leave one, or join the tenant's.`,
  )
}

/** Events of the room are told from here on: the client's number is this one, too. */
function join({ rooms, subscription }: PlacedSession, name: string): number {
  if (!rooms.has(name)) {
    rooms.add(name)
    subscription.prevSeq = subscription.position
  }
  return subscription.prevSeq
}

function createTyping(typing: Live['typing']): Command {
  let second = 0
  let told = 0
  return async ({ actor, rooms, socket, subscription }, argument) => {
    const notice = parse(TypingArgument, argument, 'Send {ticketId, typing}.')
    if (!rooms.has(`ticket:${notice.ticketId}`)) {
      throw new Problem('NOT_FOUND', `Join the ticket ${notice.ticketId} before typing in it.`)
    }
    const now = Math.floor(Date.now() / 1_000)
    if (now !== second) [second, told] = [now, 0]
    if (++told > MAX_TYPING_PER_SECOND) {
      throw new Problem('RATE_LIMITED', `Tell of typing ${MAX_TYPING_PER_SECOND} times a second at most.`)
    }
    const mayWrite = mayAct(actor, 'send')
    typing.tell({ ...notice, tenantId: actor.tenantId, by: actor.name, socketId: socket.id, mayWrite })
    return () => subscription.position
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, mend: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (!result.success) throw new Problem('VALIDATION_ERROR', mend)
  return result.data
}
