import type { ShownQr } from './follow-qr.ts'
import type { WASocket } from './open-socket.ts'

/** What a person types on the phone that shall link this session. */
export interface PairingCode {
  /** Eight letters and digits. */
  pairingCode: string
  expiresAt: Date
}

/** How one session is being linked: the QR code that it shows, and the socket that asks for pairing codes. */
export class Linking {
  #open: { shown: ShownQr; socket: WASocket } | undefined
  readonly #waiting = new Set<() => void>()

  get qr(): ShownQr | undefined {
    return this.#open?.shown
  }

  show(shown: ShownQr, socket: WASocket): void {
    this.#open = { shown, socket }
    this.#wake()
  }

  /** The session is linked, or its socket is gone: what was shown is worth nothing. */
  end(): void {
    this.#open = undefined
    this.#wake()
  }

  /**
   * Asks WhatsApp for a code, which takes the place of an earlier one, as soon as the session can be linked.
   *
   * @param phone digits, of the phone that shall link it
   * @returns `undefined` when it could not be linked within `timeoutMs`
   */
  async requestCode(phone: string, timeoutMs: number): Promise<PairingCode | undefined> {
    if (!this.#open) await this.#change(timeoutMs)
    if (!this.#open) return undefined
    const { shown, socket } = this.#open
    return { pairingCode: await socket.requestPairingCode(phone), expiresAt: shown.linkingEndsAt }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(deadline)
        this.#waiting.delete(wake)
        resolve()
      }
      const deadline = setTimeout(wake, timeoutMs)
      this.#waiting.add(wake)
    })
  }
}
