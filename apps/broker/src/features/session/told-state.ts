import type { SessionState } from './status-event.ts'

/** A state as a session changes it: what is left out is no more, but for the account, which stays. */
export type NextState = Partial<SessionState> & Pick<SessionState, 'status'>

const CONNECTING: SessionState = {
  status: 'connecting',
  phone: null,
  lid: null,
  qrAvailable: false,
  reason: null,
}

/** How one session stands, and the telling of it: every change once, in order. */
export class ToldState {
  readonly #tell: (state: SessionState) => Promise<void>
  #state = CONNECTING
  #told: SessionState | undefined
  #written: Promise<unknown> = Promise.resolve()

  /** @param tell called in order; resolves when it is written down, or never will be */
  constructor(tell: (state: SessionState) => Promise<void>) {
    this.#tell = tell
  }

  get current(): SessionState {
    return this.#state
  }

  /** Resolves when all that was told is written down. */
  async written(): Promise<void> {
    await this.#written
  }

  /** @param told before this session: what is still so is not told again */
  begin(told: SessionState): void {
    this.#told = told
    this.#state = { ...this.#state, phone: told.phone, lid: told.lid }
  }

  /** @param again tells it even when nothing changed: another QR code is shown */
  become(next: NextState, { again = false } = {}): void {
    this.#state = { ...this.#state, reason: null, qrAvailable: false, ...next }
    if (!again && isSame(this.#told, this.#state)) return
    this.#told = this.#state
    this.#written = Promise.all([this.#written, this.#tell(this.#state)])
  }
}

/** The account is told along, and is no change of its own. */
const isSame = (told: SessionState | undefined, state: SessionState): boolean =>
  told?.status === state.status && told.reason === state.reason && told.qrAvailable === state.qrAvailable
