import type { CheckedRecipient } from '@carteiro/contracts/broker-exists'
import { formatJid, type Jid, parseJid, parseRecipient } from '@carteiro/contracts/jid'
import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import type { GroupMetadata, WASocket } from '@whiskeysockets/baileys'
import { GentleQueries } from '../../ask-gently.ts'
import type { Reach } from '../../reach.ts'
import { type Answer, askWhatsApp } from './ask-whatsapp.ts'
import { findAnswers, keepAnswers } from './recipient-rows.ts'

export interface RecipientsDependencies {
  db: Database
  /** `undefined` for a group that the instance is no member of. @throws Problem when WhatsApp does not say */
  groupMetadata: (instanceId: string, jid: string) => Promise<GroupMetadata | undefined>
}

/** A number that was not on WhatsApp may be so by now: for a send, which fails by it, it is asked again after this. */
const BELIEVE_NO_MS = 10 * 60_000

/** Who can be written to. WhatsApp is asked about a number once in 7 days. */
export class Recipients {
  readonly #deps: RecipientsDependencies
  readonly #queries = new GentleQueries()

  constructor(deps: RecipientsDependencies) {
    this.#deps = deps
  }

  /**
   * Tells of each recipient, in the order in which they are given.
   *
   * @throws Problem RATE_LIMITED or BROKER_ERROR when WhatsApp does not say
   */
  async check(instanceId: string, socket: WASocket, inputs: string[]): Promise<CheckedRecipient[]> {
    const asked = inputs.map((input) => ({ input, jid: parseRecipient(input) }))
    const numbers = asked.flatMap(({ jid }) => (jid?.kind === 'phone' ? [jid.digits] : []))
    const answers = await this.#answers(instanceId, socket, [...new Set(numbers)])
    return await Promise.all(
      asked.map(async ({ input, jid }) => {
        if (!jid) return no(input, null, 'invalid_to')
        switch (jid.kind) {
          case 'phone':
            return ofPhone(input, jid, answers.get(jid.digits))
          case 'lid':
            return await ofLid(socket, input, jid)
          case 'group':
            return await this.#ofGroup(instanceId, socket, input, jid)
          default:
            return jid satisfies never
        }
      }),
    )
  }

  /**
   * Looks before a send. Who has a LID that Baileys knows is on WhatsApp, and groups are told by their members: in the
   * ordinary case nothing is asked.
   */
  async reach(instanceId: string, socket: WASocket, jid: Jid): Promise<Reach> {
    try {
      if (jid.kind === 'lid') return { kind: 'reachable', jid }
      if (jid.kind === 'group') {
        const metadata = await this.#deps.groupMetadata(instanceId, jid.id)
        return metadata ? { kind: 'reachable', jid } : { kind: 'unreachable' }
      }
      const { [jid.digits]: lid } = await socket.authState.keys.get('lid-mapping', [jid.digits])
      if (lid) return { kind: 'reachable', jid }
      const answers = await this.#answers(instanceId, socket, [jid.digits], BELIEVE_NO_MS)
      const answer = answers.get(jid.digits)
      if (!answer?.isOnWhatsApp) return { kind: 'unreachable' }
      return { kind: 'reachable', jid: parseJid(answer.jid ?? '') ?? jid }
    } catch (error) {
      if (error instanceof Problem) return { kind: 'untold', problem: error }
      throw error
    }
  }

  async #answers(
    instanceId: string,
    socket: WASocket,
    digits: string[],
    believeNoMs?: number,
  ): Promise<Map<string, Answer>> {
    if (digits.length === 0) return new Map()
    const { db } = this.#deps
    const known = await findAnswers(db, instanceId, digits, believeNoMs)
    const missing = digits.filter((number) => !known.has(number)).sort()
    if (missing.length === 0) return known
    const told = await this.#queries.ask(`${instanceId} numbers`, missing.join(), async () => {
      const answers = await askWhatsApp(socket, missing)
      await keepAnswers(db, instanceId, answers)
      return answers
    })
    return new Map([...known, ...told])
  }

  async #ofGroup(
    instanceId: string,
    socket: WASocket,
    input: string,
    jid: Jid & { kind: 'group' },
  ): Promise<CheckedRecipient> {
    const metadata = await this.#deps.groupMetadata(instanceId, jid.id)
    if (!metadata) return no(input, jid.id, 'not_a_member')
    const own = [socket.user?.id, socket.user?.lid].map((text) => bare(text))
    const me = metadata.participants.find(({ id, phoneNumber, lid }) =>
      [id, phoneNumber, lid].some((each) => each !== undefined && own.includes(bare(each))),
    )
    const found = { input, exists: true, jid: jid.id }
    if (metadata.announce && me?.admin == null)
      return { ...found, canReceive: false, reason: 'only_admins_write' }
    return { ...found, canReceive: true }
  }
}

function ofPhone(input: string, jid: Jid, answer: Answer | undefined): CheckedRecipient {
  if (!answer?.isOnWhatsApp) return no(input, formatJid(jid), 'not_on_whatsapp')
  const lid = answer.lid === null ? {} : { lid: answer.lid }
  return { input, exists: true, canReceive: true, jid: answer.jid ?? formatJid(jid), ...lid }
}

/** WhatsApp tells of a LID's devices alone; who has none is not there. */
async function ofLid(
  socket: Pick<WASocket, 'getUSyncDevices'>,
  input: string,
  { lid }: Jid & { kind: 'lid' },
): Promise<CheckedRecipient> {
  const devices = await socket.getUSyncDevices([lid], true, false)
  return devices.length > 0
    ? { input, exists: true, canReceive: true, jid: lid, lid }
    : { ...no(input, lid, 'not_on_whatsapp'), lid }
}

const no = (
  input: string,
  jid: string | null,
  reason: NonNullable<CheckedRecipient['reason']>,
): CheckedRecipient => ({ input, exists: false, canReceive: false, reason, jid })

const bare = (text: string | undefined): string | undefined => {
  const jid = text === undefined ? undefined : parseJid(text)
  return jid && formatJid(jid)
}
