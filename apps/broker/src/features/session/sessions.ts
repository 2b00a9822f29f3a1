import { InstanceSession, type SessionDependencies } from './instance-session.ts'
import type { WASocket } from './open-socket.ts'
import type { SessionState } from './status-event.ts'

/** The sessions that this process holds. */
export interface Sessions {
  /** Starts the instance's session unless it runs. */
  start(instance: { id: string; name: string }): void
  /** Stops it, if it runs; resolves when its socket has ended. */
  stop(instanceId: string, reason: string): Promise<void>
  /** How the session stands; `undefined` when this process holds none. */
  state(instanceId: string): SessionState | undefined
  /** The socket to send by; `undefined` while it is not connected. */
  socket(instanceId: string): WASocket | undefined
  stopAll(reason: string): Promise<void>
}

export function createSessions(deps: SessionDependencies): Sessions {
  const sessions = new Map<string, InstanceSession>()
  /** Sessions that are ending: a new one of the same instance waits, so that two never share its keys. */
  const ending = new Map<string, Promise<void>>()
  const startsLater = new Set<string>()
  let closed = false

  function start(instance: { id: string; name: string }): void {
    if (closed || sessions.has(instance.id)) return
    const before = ending.get(instance.id)
    if (before) {
      startAfter(before, instance)
      return
    }
    const session = new InstanceSession(deps, instance)
    sessions.set(instance.id, session)
    // A session that ends by itself leaves; one that is stopped has left before.
    void session.ended.then(() => {
      if (sessions.get(instance.id) === session) sessions.delete(instance.id)
    })
  }

  function startAfter(before: Promise<void>, instance: { id: string; name: string }): void {
    if (startsLater.has(instance.id)) return
    startsLater.add(instance.id)
    void before.then(() => {
      if (startsLater.delete(instance.id)) start(instance)
    })
  }

  function stop(instanceId: string, reason: string): Promise<void> {
    startsLater.delete(instanceId)
    const session = sessions.get(instanceId)
    if (!session) return ending.get(instanceId) ?? Promise.resolve()
    sessions.delete(instanceId)
    const end = session.stop(reason).finally(() => ending.delete(instanceId))
    ending.set(instanceId, end)
    return end
  }

  return {
    start,
    stop,
    state: (instanceId) => sessions.get(instanceId)?.state,
    socket: (instanceId) => sessions.get(instanceId)?.socket,
    async stopAll(reason) {
      closed = true
      await Promise.all([...sessions.keys()].map((instanceId) => stop(instanceId, reason)))
    },
  }
}
