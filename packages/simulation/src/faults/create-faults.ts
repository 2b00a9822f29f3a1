import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import type { Connection } from '../wire/connection-paths.ts'
import { type ArmedFault, type Armory, createArmory, isMeant } from './armory.ts'
import { bendFrames } from './bend-frames.ts'
import { bendStanzas } from './bend-stanzas.ts'
import { endConnection } from './end-connection.ts'
import { Fault, type FaultInput, type FaultTarget } from './fault.ts'

/** What became of a fault. */
export interface StruckFault {
  fault: Fault
  /** Connections that it struck at once. */
  connections: number
  /** What waits for its occasion, or lasts until it is ended. */
  armed?: ArmedFault
}

/** Breaks a server's connections on purpose. */
export interface Faults {
  /**
   * @param target every client when left out
   * @throws Problem QUEUE_FULL when too many wait; ZodError when it is no fault
   */
  strike(fault: FaultInput, target?: FaultTarget): StruckFault
  /** What waits for its occasion, or lasts, oldest first. */
  armed(): ArmedFault[]
  /** @returns false when no such fault waits */
  end(id: string): boolean
  endAll(): void
}

const ARMED_LIMIT = 1_000

/** Takes the hooks of a server: from here on it can be broken. Call it before clients come. */
export function createFaults(server: WhatsAppServer): Faults {
  const armory = createArmory(ARMED_LIMIT)
  let restarting: NodeJS.Timeout | undefined
  takeVerdicts(server, armory)
  takeClock(server, armory)

  function restart(ms: number): void {
    clearTimeout(restarting)
    server.cut()
    restarting = setTimeout(() => server.restore(), ms).unref()
  }

  function strikeNow(fault: Fault, target: FaultTarget): number {
    const struck = server
      .connections()
      .filter(({ device }) => fault.type === 'restart' || isMeant(target, device))
    if (fault.type === 'restart') restart(fault.ms)
    else for (const { connection } of struck) strikeConnection(connection, fault)
    return struck.length
  }

  return {
    strike(given, target = {}) {
      const fault = Fault.parse(given)
      if ('times' in fault) return { fault, connections: 0, armed: armory.arm(fault, target, fault.times) }
      if (fault.type === 'delay' || fault.type === 'clock-skew') {
        return { fault, connections: 0, armed: armory.arm(fault, target, null) }
      }
      return { fault, connections: strikeNow(fault, target) }
    },
    armed: armory.list,
    end: armory.end,
    endAll: armory.endAll,
  }
}

function takeVerdicts({ verdicts }: WhatsAppServer, armory: Armory): void {
  const { login, message, query } = verdicts
  verdicts.login = (device, connection) => {
    bendFrames(connection, device, armory)
    bendStanzas(connection, device, armory)
    return armory.spend('refused-login', device)?.code ?? login(device, connection)
  }
  verdicts.message = (sender, stanza) => armory.spend('nack', sender)?.code ?? message(sender, stanza)
  verdicts.query = (sender, stanza) => {
    const asked = stanza.attrs.xmlns
    const refused = armory.spend(
      'refused-query',
      sender,
      ({ xmlns }) => xmlns === undefined || xmlns === asked,
    )
    return refused?.code ?? query(sender, stanza)
  }
}

function takeClock({ world }: WhatsAppServer, armory: Armory): void {
  const clock = world.now
  world.now = () => {
    const skew = armory.lasting('clock-skew').reduce((sum, { ms }) => sum + ms, 0)
    return new Date(clock().getTime() + skew)
  }
}

function strikeConnection(connection: Connection, fault: Fault): void {
  if (fault.type === 'cut') connection.destroy('cut on purpose')
  if (fault.type === 'stream-error') endConnection(connection, fault.code)
  if (fault.type === 'half-open') {
    connection.paths.incoming = () => undefined
    connection.paths.outgoing = () => undefined
  }
  if (fault.type === 'slow-reader') {
    connection.pause()
    setTimeout(() => connection.resume(), fault.ms).unref()
  }
}
