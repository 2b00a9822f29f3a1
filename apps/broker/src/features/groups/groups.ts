import type { BrokerGroup } from '@carteiro/contracts/broker-groups'
import { formatJid, parseJid } from '@carteiro/contracts/jid'
import { Problem } from '@carteiro/contracts/problem'
import type { GroupMetadata, WASocket } from '@whiskeysockets/baileys'
import { GentleQueries } from '../../ask-gently.ts'
import { GroupShelf } from './group-shelf.ts'

/** WhatsApp's own notices keep the shelf true; this only bounds how long a lost one matters. */
const LIST_FOR_MS = 5 * 60_000
/** A group that is not ours, or is no more: asked for again after this. */
const REFUSED_FOR_MS = 60_000
const MAX_REFUSED = 1_000

type Socket = Pick<WASocket, 'ev' | 'user' | 'groupMetadata' | 'groupFetchAllParticipating'>

interface Known {
  socket: Socket
  shelf: GroupShelf
  listedAt: number
  /** When groups of which the instance is no member may be asked for again. */
  refused: Map<string, number>
}

/**
 * The groups of the instances that this process holds, asked of WhatsApp as seldom as can be: once, then kept true by
 * WhatsApp's notices.
 */
export class Groups {
  readonly #known = new Map<string, Known>()
  readonly #queries = new GentleQueries()

  /** A new socket, before it is open: of what happened while there was none nothing is known. */
  listen(instanceId: string, socket: Socket): void {
    const shelf = new GroupShelf((jid) => isUser(socket, jid))
    this.#known.set(instanceId, { socket, shelf, listedAt: 0, refused: new Map() })
    socket.ev.on('groups.upsert', (groups) => {
      for (const group of groups) shelf.put(group)
    })
    socket.ev.on('groups.update', (changes) => {
      for (const change of changes) shelf.update(change)
    })
    socket.ev.on('group-participants.update', ({ id, action, participants }) =>
      shelf.changeMembers(id, action, participants),
    )
  }

  forget(instanceId: string): void {
    this.#known.delete(instanceId)
  }

  /** @throws Problem RATE_LIMITED while WhatsApp is left alone, BROKER_ERROR when it did not answer */
  async list(instanceId: string): Promise<BrokerGroup[]> {
    const known = this.#get(instanceId)
    if (known.listedAt + LIST_FOR_MS > Date.now()) return known.shelf.list()
    try {
      await this.#queries.ask(`${instanceId} groups`, 'all', async () => {
        known.shelf.replace(Object.values(await known.socket.groupFetchAllParticipating()))
        known.listedAt = Date.now()
      })
    } catch (error) {
      // An old list says more than none.
      if (known.listedAt === 0) throw error
    }
    return known.shelf.list()
  }

  /**
   * Whom a group is made of, for a message to it.
   *
   * @returns `undefined` when the instance is no member
   * @throws Problem as `list` does
   */
  async metadata(instanceId: string, jid: string): Promise<GroupMetadata | undefined> {
    const known = this.#get(instanceId)
    const kept = known.shelf.metadata(jid)
    if (kept) return kept
    if ((known.refused.get(jid) ?? 0) > Date.now()) return undefined
    try {
      return await this.#queries.ask(`${instanceId} groups`, jid, async () => {
        const metadata = await known.socket.groupMetadata(jid)
        known.shelf.put(metadata)
        return metadata
      })
    } catch (error) {
      if (error instanceof Problem) throw error
      if (known.refused.size >= MAX_REFUSED) known.refused.clear()
      known.refused.set(jid, Date.now() + REFUSED_FOR_MS)
      return undefined
    }
  }

  #get(instanceId: string): Known {
    const known = this.#known.get(instanceId)
    if (known) return known
    throw new Problem('INSTANCE_DISCONNECTED', 'The instance is not connected to WhatsApp.')
  }
}

function isUser({ user }: Pick<Socket, 'user'>, jid: string): boolean {
  const asked = parseJid(jid)
  const own = [user?.id, user?.lid].map((text) => (text === undefined ? undefined : parseJid(text)))
  return asked !== undefined && own.some((mine) => mine && formatJid(mine) === formatJid(asked))
}
