import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { Problem } from '@carteiro/contracts/problem'
import { pause } from '@carteiro/runtime/lifecycle'
import { createInOrder } from '../../in-order.ts'
import type { Instances, WantedInstance } from './instances.ts'

/** What the acts need of the sessions that run in this process. */
export interface RunningSessions {
  stop(instanceId: string, reason: string): Promise<void>
  /** Resolves when it is logged out; `undefined` when none runs. */
  logOut(instanceId: string): Promise<void> | undefined
  /** Resolves when the session that is about to end by itself has ended; `undefined` when none is. */
  ending(instanceId: string): Promise<void> | undefined
  isLeaving(instanceId: string): boolean
  state(instanceId: string): { status: string } | undefined
}

/** Who may run a session. */
export interface InstanceHolder {
  /** Takes the instance, unless another broker holds it, and starts its session where none runs. */
  take(instance: WantedInstance): Promise<unknown>
  /** Stops its session and lets it go. */
  giveUp(instanceId: string, reason: string): Promise<void>
}

export interface InstanceActsOptions {
  instances: Instances
  sessions: RunningSessions
  holder: InstanceHolder
  /** The instance is no more. */
  onDeleted: (instanceId: string) => void
  /** Ends the waiting for WhatsApp. */
  signal: AbortSignal
}

/** WhatsApp is asked so long to take a device off its account; a logout that takes longer goes on by itself. */
const LOGOUT_WAIT_MS = 2_500

/**
 * What people do to instances. All may be repeated, and those of one instance run one after the other, in the order
 * in which they were asked for: whatever comes together, the last one decides, and there are never two sessions.
 */
export class InstanceActs {
  readonly #options: InstanceActsOptions
  readonly #inOrder = createInOrder()

  constructor(options: InstanceActsOptions) {
    this.#options = options
  }

  /** Connects it, now and after every restart; one that is logged out is linked anew. @throws Problem INSTANCE_NOT_FOUND */
  connect(id: string): Promise<BrokerInstance> {
    return this.#act(id, async ({ instances, sessions, holder }) => {
      // What was logged out is not to be connected again by what is left of it.
      if (sessions.isLeaving(id)) await sessions.stop(id, 'restarted')
      do {
        await sessions.ending(id)
        await holder.take(await instances.want(id))
      } while (sessions.ending(id))
    })
  }

  /** Ends its connection until somebody connects it; the link stays. @throws Problem INSTANCE_NOT_FOUND */
  disconnect(id: string): Promise<BrokerInstance> {
    return this.#act(id, async ({ instances, sessions, holder }) => {
      await instances.unwant(id)
      // It is on its way out, and that is more than was asked for.
      if (!sessions.isLeaving(id)) await holder.giveUp(id, 'disconnected_on_request')
    })
  }

  /** A new connection of the same link, also of one that WhatsApp called logged out. @throws Problem INSTANCE_NOT_FOUND */
  restart(id: string): Promise<BrokerInstance> {
    return this.#act(id, async ({ instances, sessions, holder }) => {
      await sessions.stop(id, 'restarted')
      await holder.take(await instances.wantKept(id))
    })
  }

  /**
   * Ends its link: the phone lists it no more, and nothing of it is kept. While WhatsApp cannot be reached it counts as
   * logged out already, and the phone is told as soon as that can be.
   *
   * @throws Problem INSTANCE_NOT_FOUND
   */
  logOut(id: string): Promise<BrokerInstance> {
    return this.#act(id, async ({ instances, sessions, holder, signal }) => {
      await sessions.ending(id)
      const instance = await instances.requestLogout(id)
      if (!sessions.logOut(id)) await holder.take(instance)
      const done = sessions.logOut(id)
      if (done) await Promise.race([done, pause(LOGOUT_WAIT_MS, signal)])
    })
  }

  /** Logs it out, if that can be done at once, and deletes all that is known of it; also one that is not there. */
  async delete(id: string): Promise<void> {
    await this.#inOrder.run(id, async () => {
      const { instances, sessions, holder, onDeleted, signal } = this.#options
      if (sessions.state(id)?.status === 'connected') {
        await instances.requestLogout(id).catch(ignoreNotFound)
        await Promise.race([sessions.logOut(id), pause(LOGOUT_WAIT_MS, signal)])
      }
      await holder.giveUp(id, 'deleted')
      await instances.delete(id)
      onDeleted(id)
    })
  }

  #act(id: string, act: (options: InstanceActsOptions) => Promise<void>): Promise<BrokerInstance> {
    const { instances } = this.#options
    return this.#inOrder.run(id, async () => {
      await instances.get(id)
      await act(this.#options)
      return await instances.get(id)
    })
  }
}

/** What is not there need not be deleted. */
function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'INSTANCE_NOT_FOUND')) throw error
}
