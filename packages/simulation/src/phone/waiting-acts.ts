import type { proto } from '@whiskeysockets/baileys'
import { type ActScene, actedOn, applyAct } from './apply-act.ts'
import type { MessageLog } from './message-log.ts'

/**
 * What is done to messages, also to those that a phone does not show yet: one that it had to ask for again comes after
 * the reaction to it.
 */
export interface WaitingActs {
  /** Lets the act happen, now or when its message is shown. A message that is no act changes nothing. */
  apply(message: proto.IMessage, scene: ActScene): void
  /** The message is shown: what waited for it happens, in order. */
  shown(chat: string, id: string): void
}

interface WaitingAct {
  message: proto.IMessage
  scene: ActScene
  on: string
}

/** @param limit acts that may wait; past it the oldest is forgotten */
export function createWaitingActs(log: MessageLog, limit: number): WaitingActs {
  let waiting: WaitingAct[] = []

  return {
    apply(message, scene) {
      const on = actedOn(message)
      if (on === undefined || log.list({ chat: scene.chat, id: on }).some(({ shown }) => shown)) {
        return applyAct(log, message, scene)
      }
      waiting.push({ message, scene, on })
      if (waiting.length > limit) waiting.shift()
    },
    shown(chat, id) {
      const [due = [], others = []] = [true, false].map((isDue) =>
        waiting.filter((act) => (act.on === id && act.scene.chat === chat) === isDue),
      )
      waiting = others
      for (const { message, scene } of due) applyAct(log, message, scene)
    },
  }
}
